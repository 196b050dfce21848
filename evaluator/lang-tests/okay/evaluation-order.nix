# case: both sides of ++ are computed before either is found to be no list
(builtins.tryEval (1 ++ throw "x")).success
