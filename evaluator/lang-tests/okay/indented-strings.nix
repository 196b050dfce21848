# case: common indentation is removed
''
  one
    two
  three
''
# case: the first line counts when it has text
''  x
    y''
# case: an empty first line is dropped
''
a''
# case: spaces on the first line are dropped when nothing follows
''   
  a
''
# case: blank lines do not count
''
    a

    b
  ''
# case: lines of spaces shorter than the indentation
''
    a
  
    b
''
# case: lines of spaces longer than the indentation
''
  a
      
  b
''
# case: tabs are text
''
	a
	b''
# case: escapes
'' ''' ''${x} ''$y ''\n ''\t ''\r ''\\ ''\' ''\$ ''\x $ $$ ''
# case: dollar signs
''$$ $''${a} $${b} ''$${"c"}''
# case: antiquotation counts as text
''
  ${"x"}
    ${"y"}
''
# case: antiquotation with newlines is not indented
let x = "1\n2"; in ''
    a ${x}
    b
''
# case: an escaped character ends the indentation
''
    ''\ta
      b
''
# case: closing quotes on their own line
''
  a
    ''
# case: only spaces
''    ''
# case: empty
''''
# case: one newline
''
''
# case: single quotes inside
''it's 'quoted' x'''y''
# case: backslashes are plain
''a\b\n\\c''
# case: double quotes are plain
''say "hi"''
# case: nested
''a ${''b ${''c''}''} d''
# case: last line without newline keeps its text
''
    a
   b
  c''
# case: a line that begins with an antiquotation sets no smaller indentation by its value
''
   ${"  x"}
  y
''
# case: dollar before closing quotes
''a$''
# case: two single quotes before a dollar brace
''a''${b}c''
