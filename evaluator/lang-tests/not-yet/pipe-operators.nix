# case: pipe to the right, behind an experimental feature of current Nix
[ 1 2 ] |> map (x: x + 1)
# case: pipe to the left
(x: x + 1) <| 1
