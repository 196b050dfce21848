# case: adding a string to an integer
1 + "a"
# case: adding an integer to a string
"a" + 1
# case: adding sets
{ } + { }
# case: adding lists
[ ] + [ ]
# case: subtracting strings
"a" - "b"
# case: multiplying by null
1 * null
# case: dividing by a boolean
1 / true
# case: negating a string
- "a"
# case: not of an integer
! 1
# case: condition is no boolean
if 1 then 2 else 3
# case: assert is no boolean
assert 1; 2
# case: and of an integer
1 && true
# case: and with an integer on the right
true && 1
# case: or of null
null || true
# case: implication of a string
"a" -> true
# case: concatenating a set
[ 1 ] ++ { }
# case: concatenating null
null ++ [ 1 ]
# case: updating a list
{ } // [ ]
# case: updating null
null // { }
# case: comparing different types
1 < "a"
# case: comparing sets
{ } < { }
# case: comparing booleans
true < false
# case: comparing functions
(x: x) < (x: x)
# case: comparing null
null < null
# case: comparing lists of different types
[ 1 ] < [ "a" ]
# case: calling an integer
1 2
# case: calling a set
{ a = 1; } 2
# case: calling a set with the float that a dot and a digit make
{ }.1
# case: calling a string
"f" 1
# case: calling null
null 1
# case: calling a functor that is no function
{ __functor = 1; } 2
# case: interpolating an integer
"${1}"
# case: interpolating a list
"${[ "a" ]}"
# case: interpolating null
"${null}"
# case: interpolating a boolean
"${true}"
# case: interpolating a float
"${1.5}"
# case: interpolating a function
"${x: x}"
# case: interpolating a set without text
"${{ a = 1; }}"
# case: selecting from an integer
1.a or 1 + (1).b
# case: selecting from a list
[ ].a
# case: selecting from a function
(x: x).a
# case: selecting from null
null.a
# case: with over an integer
with 1; a
# case: inherit from an integer
let s = 1; in { inherit (s) a; }.a
# case: dynamic name that is an integer
{ ${1} = 2; }
# case: dynamic selection by an integer
{ a = 1; }.${1}
# case: pattern wants a set
({ a }: a) 1
# case: toString of a function
toString (x: x)
# case: toString of a set
toString { a = 1; }
# case: __toString that gives no string
toString { __toString = _: { }; }
# case: path plus integer
/a + 1
# case: interpolating a path that does not exist
"${/no/such/path}"
