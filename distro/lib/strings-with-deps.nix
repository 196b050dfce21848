# Named snippets of text with dependencies between them, closed over and put in order: activation scripts.
{ lib }:
rec {
  textClosureList =
    predefined: names:
    let
      visit =
        acc: name:
        if acc.done ? ${name} then
          acc
        else
          let
            entry = predefined.${name} or (throw "textClosureList: no snippet is named '${name}'");
            marked = acc // { done = acc.done // { ${name} = true; }; };
          in
          if builtins.isString entry then
            marked // { texts = marked.texts ++ [ entry ]; }
          else
            let
              withDeps = builtins.foldl' visit marked entry.deps;
            in
            withDeps // { texts = withDeps.texts ++ [ entry.text ]; };
    in
    (builtins.foldl' visit { done = { }; texts = [ ]; } names).texts;
  textClosureMap =
    f: predefined: names:
    lib.strings.concatStringsSep "\n" (map f (textClosureList predefined names));
  noDepEntry = text: { inherit text; deps = [ ]; };
  fullDepEntry = text: deps: { inherit text deps; };
  packEntry = deps: { inherit deps; text = ""; };
  stringAfter = deps: text: { inherit text deps; };
}
