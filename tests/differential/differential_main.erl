%% The entry point of the suite's image: runs the program named by its one
%% argument.
-module(differential_main).
-export([main/1]).

main([Program]) ->
    Module = binary_to_atom(Program),
    Module:main().
