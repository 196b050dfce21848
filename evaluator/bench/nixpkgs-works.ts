/**
 * The four evaluations of a nixpkgs tree that speed and equality are judged by, as arguments of `nix-instantiate`, so that
 * real Nix and ours get the very same ones.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface NixpkgsWork {
  readonly name: string;
  readonly args: readonly string[];
  /** What the configuration is, for works that have one that can be edited. */
  readonly configuration?: string;
}

const CONFIGURATION = `{ pkgs, ... }: {
  boot.loader.grub.device = "/dev/vda";
  fileSystems."/" = { device = "/dev/vda1"; fsType = "ext4"; };
  services.openssh.enable = true;
}
`;

/** Writes the minimal configuration with sshd to `folder`, which must live as long as the works are used. */
export function nixpkgsWorks(nixpkgs: string, folder: string): readonly NixpkgsWork[] {
  const configuration = join(folder, "configuration.nix");
  writeFileSync(configuration, CONFIGURATION);
  return [
    { name: "hello", args: [nixpkgs, "-A", "hello"] },
    { name: "firefox", args: [nixpkgs, "-A", "firefox"] },
    {
      name: "system",
      args: [join(nixpkgs, "nixos"), "-A", "system", "--arg", "configuration", configuration],
      configuration,
    },
    { name: "nginx", args: [join(nixpkgs, "nixos", "tests", "nginx.nix")] },
  ];
}
