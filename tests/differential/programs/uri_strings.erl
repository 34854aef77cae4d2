%% URIs parsed, normalised, resolved and composed; queries.
%% tier: 2
-module(uri_strings).
-export([main/0]).

main() ->
    Uris = ["http://user@example.org:8080/a/b?x=1&y=%20z#frag", "mailto:joe@example.com", "//host/path", "/only/path", "", "urn:isbn:0-486-27557-4", "http://[::1]:80/", "HTTP://Example.ORG:80/%7euser/../a/./b", "foo://a b", "http://host:port/", "\x{e5}://x"],
    [io:format("~tp~n", [uri_string:parse(U)]) || U <- Uris],
    [io:format("~tp~n", [uri_string:normalize(U)]) || U <- lists:droplast(Uris)],
    Base = "http://a/b/c/d;p?q",
    [io:format("~p -> ~p~n", [R, uri_string:resolve(R, Base)]) || R <- ["g:h", "g", "./g", "g/", "/g", "//g", "?y", "g?y", "#s", "../g", "../../../g", "", ";x"]],
    io:format("~p~n", [uri_string:recompose(#{scheme => "https", host => "example.com", port => 443, path => "/ä b", query => "q=1", fragment => "f"})]),
    io:format("~p~n", [uri_string:recompose(#{path => "//bad"})]),
    io:format("~p~n", [uri_string:compose_query([{"a", "1 2"}, {"å", "&="}, {"flag", true}])]),
    io:format("~tp~n", [uri_string:dissect_query("a=1+2&%C3%A5=%26%3D&flag")]),
    io:format("~p~n", [uri_string:dissect_query("a=%zz")]),
    io:format("~p~n", [uri_string:transcode(<<"foo%00%00%00%F6bar">>, [{in_encoding, utf32}])]),
    io:format("~tp~n", [[uri_string:quote("a b/ö"), uri_string:unquote("a%20b%2F"), uri_string:percent_decode(<<"%41%42">>), uri_string:is_host("example.org"), uri_string:is_path("/a b")] || erlang:function_exported(uri_string, quote, 1)]).
