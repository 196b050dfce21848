# case: addition
# differs: Nix 2.8 wraps around
9223372036854775807 + 1
# case: subtraction
# differs: Nix 2.8 wraps around
-9223372036854775807 - 2
# case: multiplication
# differs: Nix 2.8 wraps around
9223372036854775807 * 2
# case: division of the smallest integer by minus one
# differs: Nix 2.8 dies of it
(-9223372036854775807 - 1) / -1
# case: foldl' over a product
# differs: Nix 2.8 wraps around
builtins.foldl' builtins.mul 1 (builtins.genList (n: n + 1) 21)
# case: fromJSON of an integer beyond 63 bits
# differs: Nix 2.8 wraps around
builtins.fromJSON "9223372036854775808"
# case: fromTOML of an integer beyond 63 bits
# differs: Nix 2.8 takes the largest
builtins.fromTOML "a = 9223372036854775808"
# case: fromJSON of a null byte
# differs: Nix 2.8 cuts the string
builtins.fromJSON "\"\\u0000\""
