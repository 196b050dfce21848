/** Where GitHub, GitLab and SourceHut have the archive of a revision. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import type { RefAttributes } from "../text/flake-ref.ts";

interface HostedArchive {
  readonly url: string;
  readonly rev: string;
}

const publicHosts: ReadonlyMap<string, string> = new Map([
  ["github", "github.com"],
  ["gitlab", "gitlab.com"],
  ["sourcehut", "git.sr.ht"],
]);

export function archiveOf(evaluation: Evaluation, attributes: RefAttributes): HostedArchive {
  const text = (name: string): string => {
    const value = attributes.get(name);
    return typeof value === "string" ? value : "";
  };
  const type = text("type");
  const host = text("host") || (publicHosts.get(type) ?? "");
  const owner = text("owner");
  const repo = text("repo");
  const rev = text("rev") || revisionOf(evaluation, { type, host, owner, repo, ref: text("ref") || "HEAD" });
  switch (type) {
    case "github":
      return { rev, url: `https://${host}/${owner}/${repo}/archive/${rev}.tar.gz` };
    case "gitlab": {
      const project = `${owner.replaceAll("/", "%2F")}%2F${repo}`;
      return { rev, url: `https://${host}/api/v4/projects/${project}/repository/archive.tar.gz?sha=${rev}` };
    }
    default:
      return { rev, url: `https://${host}/${owner}/${repo}/archive/${rev}.tar.gz` };
  }
}

interface Place {
  readonly type: string;
  readonly host: string;
  readonly owner: string;
  readonly repo: string;
  readonly ref: string;
}

/** The commit that a branch is at, by the host's own interface. */
function revisionOf(evaluation: Evaluation, place: Place): string {
  const { type, host, owner, repo, ref } = place;
  const api = host === "github.com" ? "https://api.github.com" : `https://${host}/api/v3`;
  const project = `${owner.replaceAll("/", "%2F")}%2F${repo}`;
  const urls: ReadonlyMap<string, string> = new Map([
    ["github", `${api}/repos/${owner}/${repo}/commits/${ref}`],
    ["gitlab", `https://${host}/api/v4/projects/${project}/repository/commits?ref_name=${ref}`],
  ]);
  const url = urls.get(type);
  if (url === undefined) throw new EvaluationError("other", `'${type}:${owner}/${repo}' needs a revision`);
  const { io } = evaluation;
  const { storePath } = io.fetch({ type: "url", url, name: "source", form: "file", sha256: null });
  const answer: unknown = JSON.parse(Buffer.from(io.readFile(storePath), "latin1").toString("utf8"));
  const commit: unknown = Array.isArray(answer) ? answer[0] : answer;
  const hash = commit !== null && typeof commit === "object" ? Object.entries(commit) : [];
  const rev = hash.find(([name]) => name === "sha" || name === "id")?.[1];
  if (typeof rev === "string" && /^[0-9a-f]{40}$/.test(rev)) return rev;
  throw new EvaluationError("other", `'${url}' does not tell the revision of '${ref}'`);
}
