# case: unclosed string
"abc
# case: unclosed indented string
''abc
# case: unclosed antiquotation
"a${1
# case: empty antiquotation
"a${}"
# case: unclosed antiquotation in an indented string
''a${1''
# case: stray quote
1 ''
# case: indented string closed by a single quote
''abc'
