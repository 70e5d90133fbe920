"""Pinpoint's helpers, whose rules are handlebars.java's, by both engines."""

from datetime import UTC, datetime

import pytest

from engagement.domain.template import Options, RenderError, TemplateError, compile_template

DATA = {
    "Name": ["Alejandro Rosalez"], "lowerName": "ana maría de la cruz", "Age": ["19"], "Nine": "9", "Country": "US",
    "yes": True, "no": False, "nothing": None, "empty": "", "none": [], "zero": 0, "list": ["a", "b", "c"], "n": 7, "half": 2.5,
    "date": "2020-09-19T23:30:05.120Z", "day": "2020-09-19", "millis": 1600558205120, "seconds": 1600558205,
    "html": "<p>Hi <b>you</b></p>", "bad": "not a date",
}  # fmt: skip
NOW = datetime(2026, 11, 21, 10, 49, 5, tzinfo=UTC)
ENGINES = ["interpret", "run_generated"]


def run(source, engine, *, part="text", options=None, data=DATA):
    compiled = compile_template(source, part=part, **({"options": options} if options else {}))
    return getattr(compiled, engine)(data, {}, now=NOW)


RESULTS = [
    # conditions: inline, with yes= and no=, as a block, inside each other
    ("{{and yes n}} {{and yes zero}} {{or no empty}} {{or no n}} {{not none}} {{not n}}", "true false false true true false"),
    ("{{eq Country 'US'}} {{eq Country \"US\" yes='y' no='n'}} {{neq Country 'US' yes='y' no='n'}}", "true y n"),
    ("{{eq Country 'DE' yes='y'}}|{{eq Country 'US' no='n'}}|{{and n yes yes=Country}}", "false|true|US"),
    ("{{eq '1' 1}} {{eq 7 n}} {{eq 7.0 n}} {{eq yes 1}} {{eq nothing missing}} {{eq Name 'Alejandro Rosalez'}}", "false true true false true true"),
    ("{{#eq Country 'US'}}home{{else}}away{{/eq}}{{#neq Country 'US'}}away{{/neq}}{{^eq Country 'DE'}}!{{/eq}}", "home!"),
    ("{{#and (gte Age '18') (eq Country 'US')}}adult{{else}}no{{/and}}", "adult"),
    ("{{#if (or (lt n 3) (gt n 6))}}x{{/if}}{{#unless (not n)}}y{{/unless}}{{#not zero}}z{{/not}}", "xyz"),
    ("{{gt Nine '18'}} {{gte n 7}} {{lt '2' 10}} {{lte 'b' 'a'}} {{gt nothing 1}} {{gt 'x' 1}}", "false true true false false true"),
    ("{{#if x}}1{{else eq Country 'US'}}2{{else}}3{{/if}}", "2"),
    # texts
    ("{{abbreviate Name 6}}|{{abbreviate 'short' 10}}|{{abbreviate missing 6}}", "Ale...|short|"),
    ("{{capitalize lowerName}}|{{capitalize 'aB cD' fully=true}}|{{capitalizeFirst lowerName}}", "Ana María De La Cruz|Ab Cd|Ana maría de la cruz"),
    ("{{center 'ab' size=5}}|{{center 'ab' size=5 pad='*'}}|{{center 'abc' 2}}|{{center 'x' size=4 pad='12'}}", " ab  |*ab**|abc|1x12"),
    ("{{ljust 'ab' 5}}|{{ljust 'ab' size=5 pad='.'}}|{{rjust 'ab' 5 '0'}}|{{rjust 'ab' size=4}}", "ab   |ab...|000ab|  ab"),
    ("{{cut 'a b c'}}|{{cut 'a-b-c' what='-'}}|{{cut 'a-b' '-'}}|{{cut missing}}", "abc|abc|ab|"),
    ("{{lower Name}}|{{upper Name}}|{{upper none}}|{{upper list}}", "alejandro rosalez|ALEJANDRO ROSALEZ||A,B,C"),
    ("{{substring Name 10}}|{{substring Name 0 3}}|{{substring Name 5 99}}|{{substring 'abc' 9}}", "Rosalez|Ale|ndro Rosalez|"),
    ("{{replace 'a.b.a' 'a' 'x'}}|{{replace 'aaa' '' 'x'}}|{{replace missing 'a' 'b'}}", "x.b.x|aaa|"),
    ("{{slugify '  Hello, big_World 42! '}}|{{slugify 'e-mail  us'}}", "hello-big_world-42|e-mail-us"),
    ("{{stripTags html}}|{{stripTags 'a < b'}}", "Hi you|a < b"),
    ("{{ordinalize 1}} {{ordinalize 2}} {{ordinalize 3}} {{ordinalize 4}} {{ordinalize 11}} {{ordinalize 112}} {{ordinalize '21'}}", "1st 2nd 3rd 4th 11th 112th 21st"),
    ("{{yesno yes}} {{yesno no}} {{yesno missing}} {{yesno yes yes='ja' no='nein'}} {{yesno nothing maybe='?'}} {{yesno 'false'}}", "yes no maybe ja ? no"),
    ("{{join list ', '}}|{{join list '-' prefix='<' suffix='>'}}|{{join 'a' n 'c' '+'}}|{{join none ','}}", "a, b, c|<a-b-c>|a+7+c|"),
    ("{{inflect 3 apple apples}} {{inflect 1 apple apples}} {{inflect n 'day' 'days' includeCount=true}}", "apples apple 7 days"),
    # numbers
    ("{{add 5 2.3}} {{subtract 5 2.3}} {{multiply 5 2.3}} {{divide 5 2.3}} {{modulo 5 3}} {{add 0.1 0.2}}", "7.3 2.7 11.5 2.17391304 2 0.3"),
    ("{{divide 10 4}} {{divide 9 3}} {{modulo -7 3}} {{multiply '3' Age}} {{add n missing}}|", "2.5 3 -1 57 |"),
    ("{{ceiling 2.1}} {{floor 2.9}} {{round half}} {{round 2.4}} {{round '-2.6'}} {{ceiling -2.5}}", "3 2 3 2 -3 -2"),
    # encodings
    ("{{encode64 'Hello World'}} {{decode64 'SGVsbG8gV29ybGQ='}}", "SGVsbG8gV29ybGQ= Hello World"),
    ("{{md5 'Hello World'}}", "b10a8db164e0754105b7a99be72e3fe5"),
    ("{{sha256 'abc'}}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("{{substring (sha512 'abc') 0 16}}", "ddaf35a193617aba"),
    # dates
    ("{{dateFormat date}}|{{dateFormat date outputFormat=full}}|{{dateFormat date 'long'}}|{{dateFormat date short}}", "Sep 19, 2020|Saturday, September 19, 2020|September 19, 2020|9/19/20"),
    ("{{dateFormat date outputFormat='yyyy-MM-dd HH:mm:ss.SSS z'}}", "2020-09-19 23:30:05.120 UTC"),
    ("{{dateFormat date outputFormat='h:mm a z' tz=America/Los_Angeles}}", "4:30 PM PDT"),
    ("{{dateFormat date outputFormat='EEE, d MMM yy HH:mm Z XXX' tz='Asia/Tokyo'}}", "Sun, 20 Sep 20 08:30 +0900 +09:00"),
    ("{{dateFormat day outputFormat=full locale=de}}|{{dateFormat day full locale='fr-FR'}}|{{dateFormat day long locale=xx}}", "Samstag, 19. September 2020|samedi 19 septembre 2020|September 19, 2020"),
    ("{{dateFormat '19.09.2020 14:05' inputFormat='dd.MM.yyyy HH:mm' outputFormat='M/d/yyyy h:mma'}}", "9/19/2020 2:05PM"),
    ("{{dateFormat 'Sep 3, 2021' inputFormat='MMM d, yyyy' outputFormat='yyyyMMdd'}}", "20210903"),
    ("{{dateFormat '20210903' inputFormat='yyyyMMdd' outputFormat=medium}}", "Sep 3, 2021"),
    ("{{dateFormat millis 'HH:mm:ss'}} {{dateFormat seconds 'HH:mm:ss'}} {{dateFormat missing}}|", "23:30:05 23:30:05 |"),
    ("{{dateFormat '2021-01-01' \"YYYY 'week' ww, D 'of' yyyy '''quoted'''\"}}", "2021 week 01, 1 of 2021 'quoted'"),
    ("{{dateFormat '2020-12-31' 'YYYY'}} {{dateFormat '2021-01-01' \"YYYY-'W'ww\" locale=de}}", "2021 2020-W53"),
    ("{{dateFormat day tz=America/Los_Angeles}}", "Sep 19, 2020"),
    ("{{now}}|{{now 'yyyy-MM-dd'}}|{{now \"HH:mm\" tz=Asia/Kolkata}}|{{now full}}", "Nov 21, 2026|2026-11-21|16:19|Saturday, November 21, 2026"),
    # ours
    ("{{urlEncode 'a b&c=é/'}} {{default missing 'friend'}} {{default Name 'x'}} {{default empty 'y'}}", "a%20b%26c%3D%C3%A9%2F friend Alejandro Rosalez y"),
    ("{{lookup list 1}} {{lookup . 'Country'}} {{upper (lookup list 0)}}", "b US A"),
    ("{{upper (join list (lower 'X'))}} {{add (multiply 2 3) (subtract n 1)}}", "AXBXC 12"),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("source", "printed"), RESULTS)
def test_prints(source, printed, engine):
    assert run(source, engine) == printed


@pytest.mark.parametrize("engine", ENGINES)
def test_uuid_differs_each_time(engine):
    one, other = run("{{uuid}} {{uuid}}", engine).split()
    assert one != other and len(one) == 36


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("source", "numeric", "lexical"), [
    ("{{gt '9' '18'}}", "false", "true"),
    ("{{lt Nine 18}}", "true", "true"),
    ("{{gte Age '2'}}", "true", "false"),
])  # fmt: skip
def test_two_texts_compare_as_numbers_unless_java_is_asked_for(source, numeric, lexical, engine):
    assert run(source, engine) == numeric
    assert run(source, engine, options=Options(comparing="lexical")) == lexical


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a\n{{divide 1 zero}}", "line 2, column 3: divide: division by zero"),
        ("{{add 'x' 1}}", "add: the first value is not a number"),
        ("{{dateFormat bad}}", "inputFormat="),
        ("{{dateFormat day outputFormat='bogus'}}", "is not a letter of date formats"),
        ("{{dateFormat '2021-02-30' inputFormat='yyyy-MM-dd'}}", "no such date"),
        ("{{now tz=Mars/Phobos}}", "not a time zone"),
        ("{{decode64 '%%%'}}", "base64"),
        ("{{center 'a' size=99999999}}", "between 0 and 10,000"),
        ("{{substring 'abc' 'x'}}", "whole number"),
    ],
)
def test_a_value_that_a_helper_cannot_use_is_refused_with_place_but_without_the_value(source, said, engine):
    with pytest.raises(RenderError) as caught:
        run(source, engine)
    assert said in caught.value.message and "not a date" not in caught.value.message


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{upper}}{{upper a b}}", "line 1, column 12: 'upper' got 2 value(s)"),
        ("{{eq a}}", "'eq' got 1 value(s)"),
        ("{{upper a size=3}}", "'upper' has no option size="),
        ("{{#upper a}}x{{/upper}}", "opens no block"),
        ("{{if a}}", "is a block"),
        ("{{#if}}x{{/if}}", "takes one value, not 0"),
        ("{{uppr a}}", "did you mean upper"),
        ("{{#iff a}}x{{/iff}}", "did you mean if"),
        ("{{eq (frobnicate a) 1}}", "there is no helper 'frobnicate'"),
        ("{{User.Name a}}", "there is no helper 'User.Name'"),
    ],
)
def test_wrong_use_of_a_helper_is_refused_at_compile_time(source, said):
    with pytest.raises(TemplateError, match="line 1") as caught:
        compile_template(source, part="text")
    assert said in caught.value.message


def test_a_name_that_is_also_a_helper_prints_data_when_it_stands_alone():
    assert run("{{floor}} {{join}}", "interpret", data={"floor": "3rd", "join": "us"}) == "3rd us"
