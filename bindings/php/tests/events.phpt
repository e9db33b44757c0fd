--TEST--
Every event has a shape in the stubs that its resource fits into, and that names no field which it lacks
--FILE--
<?php
// Neither the extension nor an analyser: the shapes are read here as PHPDoc defines them.
require __DIR__ . '/shapes.inc';

$stub = file_get_contents(dirname(__DIR__) . '/stubs/wechatpay/events.php');
$text = preg_replace('/^ \* ?/m', '', $stub);
preg_match_all('/^@phpstan-type (\w+) (array\{[^\n]+\}|array\{\n.*?^\})$/ms', $text, $found, PREG_SET_ORDER);
$shapes = array_column($found, 2, 1);
if (count($shapes) !== substr_count($stub, '@phpstan-type ')) {
    echo "not every type can be read\n";
}

// phpize runs the tests where the extension is built: test.sh says where the cases are.
$cases = json_decode(file_get_contents(getenv('WECHATPAY_CASES') . '/events.json'), true, 512, JSON_THROW_ON_ERROR);
$events = [];
foreach ($cases as $case) {
    $events[$case['call']['notification']['event']] = true;
    // `transaction.success, profitsharing` is `TransactionSuccessProfitsharing`.
    $name = str_replace(' ', '', ucwords(preg_replace('/[^a-z]+/', ' ', $case['name'])));
    foreach (misfits($case['expect']['result']['resource'], Shape::read($shapes[$name] ?? 'nothing'), $name) as $misfit) {
        echo "$misfit\n";
    }
    unset($shapes[$name]);
}
echo count($events), ' events, ', count($shapes), ' shapes without one', "\n";

// What finds misfits finds them.
$wrong = ['a' => 1, 'b' => ['c' => 'x'], 'e' => []];
$shape = "array{\n    a: string,\n    b: list<array{c: 'X'|string, d?: int|float}>,\n}";
echo implode("\n", misfits($wrong, Shape::read($shape), 'x')), "\n";
?>
--EXPECT--
102 events, 0 shapes without one
x.a is no string
x.b is no list
x.e is not documented
