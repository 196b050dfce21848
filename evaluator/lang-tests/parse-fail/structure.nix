# case: nothing

# case: only a comment
# nothing
# case: unclosed comment
/* 1
# case: unclosed list
[ 1 2
# case: unclosed set
{ a = 1;
# case: unclosed parenthesis
(1
# case: stray closing bracket
1 ]
# case: stray closing brace
{ } }
# case: stray semicolon
1;
# case: two statements
1; 2
# case: missing semicolon in a set
{ a = 1 b = 2; }
# case: missing semicolon in let
let a = 1 in a
# case: missing value
{ a = ; }
# case: missing equals sign
{ a 1; }
# case: let without in
let a = 1;
# case: in without let
in 1
# case: if without else
if true then 1
# case: if without then
if true else 1
# case: with without semicolon
with { } 1
# case: assert without body
assert true;
# case: comma in a list
[ 1, 2 ]
# case: operator without operand
1 +
# case: operator without left operand
* 2
# case: two operators
1 + * 2
# case: question mark without attribute
{ } ?
# case: dot without attribute
{ }.
# case: not associative comparison
1 < 2 < 3
# case: not associative equality
1 == 1 == true
# case: lambda in a list needs parentheses
[ x: x ]
# case: if in a list needs parentheses
[ if true then 1 else 2 ]
# case: let in operand position
1 + let a = 1; in a
# case: lambda as argument
f x: x
# case: colon without pattern
: 1
# case: inherit of an expression
{ inherit 1; }
# case: inherit without semicolon
{ inherit a }
# case: inherit of a dynamic name
{ inherit ${"a" + "b"}; }
# case: at sign without pattern
a@b: 1
# case: two at signs
a@{ }@b: 1
# case: keyword as name
let if = 1; in 1
# case: keyword as attribute
{ then = 1; }
# case: a lone dollar sign
$x
# case: a lone percent sign
1 % 2
# case: single ampersand
true & false
# case: single equals sign
1 = 1
# case: backslash
\x
# case: bang without operand
!
# case: control character
 1
# case: or as a variable
or
