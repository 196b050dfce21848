# case: a dynamic name may depend on static attributes of its set
let s = { ${s.x} = 1; x = "a"; }; in s.a
