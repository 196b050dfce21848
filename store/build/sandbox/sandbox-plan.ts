/**
 * The world of one builder as arguments of bubblewrap. The root is an empty tmpfs that the builder may write to; /build and
 * /tmp are private folders on disk; /nix/store is a private writable folder in which each path of the input closure is
 * mounted read-only, so the builder writes its outputs at their final names and sees nothing else of the store.
 * The builder is process 1 of its own pid namespace: when it ends, or we end it, the kernel ends all that it started before
 * anyone hears of it, so nothing can change an output afterwards.
 */
import { existsSync } from "node:fs";
import { bytesOf, toByteString } from "../../std/byte-string.ts";

export interface SandboxPlan {
  /** Physical folder that becomes the store folder inside. */
  readonly storeFolder: string;
  readonly storeDir: string;
  /** Logical path -> physical path of what is visible in the store. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly buildFolder: string;
  readonly temporaryFolder: string;
  /** Physical folder with the files of /etc. */
  readonly etcFolder: string;
  readonly variables: ReadonlyMap<string, string>;
  /** Fixed outputs may reach the network. */
  readonly hasNetwork: boolean;
  readonly hasKvm: boolean;
  /** False only for root on a host that has no user namespaces. */
  readonly hasUserNamespace: boolean;
}

const NAMESPACES = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"];
const BUILDER_IDS = ["--unshare-user", "--uid", "1000", "--gid", "100"];
const NETWORK_FILES = ["/etc/resolv.conf", "/etc/services", "/etc/hosts"];

/** The arguments, for bubblewrap's `--args`: each ends with a NUL. */
export function encodeSandboxArguments(plan: SandboxPlan): Buffer {
  const paths = [...folderArguments(plan), ...storeArguments(plan)].map(toByteString);
  const args = [...isolationArguments(plan), ...paths, "--chdir", "/build", "--clearenv"];
  for (const [name, value] of plan.variables) args.push("--setenv", name, value);
  return bytesOf(args.map((arg) => `${arg}\0`).join(""));
}

function isolationArguments(plan: SandboxPlan): string[] {
  return [
    ...(plan.hasUserNamespace ? BUILDER_IDS : []),
    ...NAMESPACES,
    ...(plan.hasNetwork ? [] : ["--unshare-net"]),
    ...["--hostname", "localhost", "--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL"],
  ];
}

function folderArguments(plan: SandboxPlan): string[] {
  const hostFiles = plan.hasNetwork ? NETWORK_FILES.filter((path) => existsSync(path)) : [];
  const ownFiles = ["passwd", "group", plan.hasNetwork ? "nsswitch.conf" : "hosts"];
  return [
    ...["--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", "/nix"],
    ...["--proc", "/proc", "--dev", "/dev"],
    ...(plan.hasKvm ? ["--dev-bind-try", "/dev/kvm", "/dev/kvm"] : []),
    ...["--bind", plan.buildFolder, "/build", "--bind", plan.temporaryFolder, "/tmp"],
    ...ownFiles.flatMap((name) => ["--ro-bind", `${plan.etcFolder}/${name}`, `/etc/${name}`]),
    ...hostFiles.flatMap((path) => ["--ro-bind", path, path]),
  ];
}

function storeArguments(plan: SandboxPlan): string[] {
  const args = ["--bind", plan.storeFolder, plan.storeDir];
  for (const [logicalPath, physicalPath] of plan.inputs) args.push("--ro-bind", physicalPath, logicalPath);
  return args;
}
