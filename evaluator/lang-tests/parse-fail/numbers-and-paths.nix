# case: integer beyond 64 bits
9223372036854775808
# case: float beyond the range
1.0e400
# case: float below the range
1.0e-400
# case: trailing slash of a path
./a/
# case: trailing slash of an absolute path
/a/b/
# case: a lone slash
/
# case: a lone dot
.
# case: a lone tilde
~
# case: path with two slashes at its end
./a//
# case: unclosed search path
<nixpkgs
# case: empty search path
< >
# case: two dots
..
# case: two slashes inside a path
/a//b
