# Fixed points, and overlays composed over them. Needed by default.nix before `lib` exists, hence the
# plain builtins.
{ lib }:
rec {
  fix =
    f:
    let
      x = f x;
    in
    x;

  # As fix, but keeps the function under `__unfix__`, so that `extends` can be applied again.
  fix' =
    f:
    let
      x = f x // {
        __unfix__ = f;
      };
    in
    x;

  converge =
    f: x:
    let
      next = f x;
    in
    if next == x then x else converge f next;

  # `extends overlay f`: the function whose fixed point is that of `f` with `overlay` laid over it.
  extends =
    overlay: f: final:
    let
      prev = f final;
    in
    prev // overlay final prev;

  composeExtensions =
    first: second: final: prev:
    let
      fromFirst = first final prev;
    in
    fromFirst // second final (prev // fromFirst);

  composeManyExtensions = builtins.foldl' composeExtensions (_: _: { });

  makeExtensible = makeExtensibleWithCustomName "extend";

  makeExtensibleWithCustomName =
    extenderName: rattrs:
    fix' (
      self:
      rattrs self
      // {
        ${extenderName} = overlay: makeExtensibleWithCustomName extenderName (extends overlay rattrs);
      }
    );

  # An overlay from an overlay, from a function of `prev` alone, or from a plain attribute set.
  toExtension =
    f:
    if builtins.isFunction f || f ? __functor then
      final: prev:
      let
        partial = f final;
      in
      if builtins.isFunction partial || (builtins.isAttrs partial && partial ? __functor) then
        partial prev
      else
        f prev
    else
      _final: _prev: f;
}
