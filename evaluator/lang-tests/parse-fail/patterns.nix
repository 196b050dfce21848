# case: an argument twice
{ a, a }: a
# case: an argument and the name of the set
a@{ a }: a
# case: ellipsis first
{ ..., a }: a
# case: two commas
{ a,, b }: a
# case: ellipsis twice
{ ..., ... }: 1
# case: default without value
{ a ? }: a
# case: argument path
{ a.b }: 1
# case: quoted argument
{ "a" }: 1
# case: unclosed pattern
{ a, b
# case: comma first
{ , a }: a
