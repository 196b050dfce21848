# case: literals with leading zeros
[ 0 007 00 9223372036854775807 ]
# case: the smallest integer is reached by subtraction
-9223372036854775807 - 1
# case: division truncates towards zero
[ (7 / 2) (-7 / 2) (7 / -2) (-7 / -2) (0 / 5) ]
# case: unary minus binds tighter than arithmetic
[ (- 3 + 5) (-3 * -2) (1 - -1) (- - 4) ]
# case: precedence of arithmetic
[ (1 + 2 * 3) ((1 + 2) * 3) (10 - 4 - 3) (100 / 10 / 5) (2 * 3 + 4 * 5) ]
# case: integers beyond 2^53 stay exact
[ (9007199254740992 + 1) (9007199254740993 * 3) (9223372036854775807 - 1) (9007199254740993 / 3) ]
# case: integers come back from beyond 2^53
(9223372036854775807 - 9223372036854775800) * 6
# case: comparison near 2^63
[ (9223372036854775806 < 9223372036854775807) (9223372036854775807 <= 9223372036854775806) (9007199254740993 == 9007199254740992) ]
# case: negative zero is zero
[ (0 * -1) (-0) (0 == -0) ]
# case: builtins of arithmetic
[ (builtins.add 2 3) (builtins.sub 2 3) (builtins.mul 2 3) (builtins.div 7 3) ]
# case: bit operations
[ (builtins.bitAnd 12 10) (builtins.bitOr 12 10) (builtins.bitXor 12 10) ]
# case: bit operations on negative and large numbers
[ (builtins.bitAnd (-1) 255) (builtins.bitOr (-8) 3) (builtins.bitXor (-1) 9223372036854775807) (builtins.bitAnd 9223372036854775807 9007199254740993) ]
# case: less than as function
[ (builtins.lessThan 1 2) (builtins.lessThan 2 1) (builtins.lessThan 1 1) ]
# case: integer and float in one operation
[ (1 + 0.5) (1.5 * 2) (3 / 2.0) (1 - 0.25) (1 == 1.0) (1 < 1.5) (2.0 <= 2) ]
# case: integers as keys of text
[ (toString 42) (toString (-7)) (toString 9223372036854775807) ]
# case: ceil and floor
[ (builtins.ceil 1.2) (builtins.floor 1.8) (builtins.ceil (-1.2)) (builtins.floor (-1.2)) (builtins.ceil 3) (builtins.floor 3) ]
