# case: forms of literals
[ 1.0 1. .5 0.5 1.e3 1.5E+3 2.5e-3 12.75 ]
# case: six significant digits are printed
[ 0.1 3.14159265358979 123456.0 1234567.0 0.0001 0.00001 1.0e100 100000.0 1000000.0 ]
# case: halves are rounded to even
[ 1234565.0 123455.5 123456.5 ]
# case: toString has six decimals
map toString [ 1.0 0.1 1.5e-7 123456.5 0.0078125 (0.0 - 2.5) 1.0e20 ]
# case: arithmetic
[ (0.1 + 0.2) (1.0 / 3) (2.5 * 4) (5.0 - 7.5) (- 1.5) ]
# case: comparison
[ (1.0 < 2.0) (1.0 > 2.0) (1.5 <= 1.5) (0.1 + 0.2 == 0.3) (0.0 == -0.0) ]
# case: infinity comes from overflow
let big = 1.0e308 * 10.0; in [ big (0 - big) (big == big) (big > 1) (toString big) ]
# case: not a number differs from itself
let nan = (1.0e308 * 10.0) - (1.0e308 * 10.0); in [ (nan == nan) (nan < 1.0) (nan > 1.0) ]
# case: a float where a digit follows a list element
[ 1 .5 1.5 .25 ]
# case: rounding functions return integers
map builtins.typeOf [ (builtins.floor 1.5) (builtins.ceil 1.5) 1.5 ]
# case: floats in JSON have full precision
# differs: Nix 2.8 rounds to six digits and prints whole floats as integers
builtins.toJSON [ 1.0 (1.0 / 3) 0.1 1.0e20 1.5e-7 (0 - 2.5) 123456789.25 ]
# case: floats in XML
builtins.toXML 1234567.5
