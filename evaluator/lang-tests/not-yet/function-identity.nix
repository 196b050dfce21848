# case: a function is another value once it was selected
let s = { f = x: x; }; in [ s.f ] == [ s.f ]
