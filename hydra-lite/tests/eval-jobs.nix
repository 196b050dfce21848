# All jobs of a release file as real Nix sees them, for nix-job-evaluator.ts.
{ file, arguments }:
let
  release = import file;
  jobs = if builtins.isFunction release then release arguments else release;
  isDerivation = value: value.type or null == "derivation";
  plain = builtins.unsafeDiscardStringContext;
  describe = attr: job: {
    inherit attr;
    inherit (job) name;
    drvPath = plain job.drvPath;
    outputs = builtins.listToAttrs (map (name: { inherit name; value = plain job.${name}.outPath; }) job.outputs);
    constituents = if job._hydraAggregate or false then map (constituent: plain constituent.drvPath) job.constituents else null;
  };
  attempt =
    attr: job:
    let
      described = describe attr job;
      tried = builtins.tryEval (builtins.deepSeq described described);
    in
    if tried.success then tried.value else { inherit attr; error = "evaluation failed"; };
  walk =
    path: value:
    if isDerivation value then
      [ (attempt path value) ]
    else if builtins.isAttrs value then
      builtins.concatMap (name: walk (if path == "" then name else "${path}.${name}") value.${name}) (builtins.attrNames value)
    else
      [ ];
in
walk "" jobs
