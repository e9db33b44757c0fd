--TEST--
The interpreter ends with calls behind it, or under way, without hanging or crashing
--EXTENSIONS--
wechatpay
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) exit('skip pcntl is needed'); ?>
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

$prelude = '$client = new WechatPay\Client(options()); WechatPay\Client::persistent("a", options())->call(CALL, PARAMS);';
$programs = [
    'after a call' => '',
    'exit()' => 'exit(0);',
    'an uncaught exception' => '$client->call("nothing");',
    'in a destructor' => 'class D { function __construct(public $c) {} function __destruct() { $this->c->call(CALL, PARAMS); } } $d = new D($client);',
    'in a shutdown function' => 'register_shutdown_function(fn () => $client->call(CALL, PARAMS));',
    'a cycle' => '$a = new stdClass; $a->a = $a; $a->c = $client; unset($a, $client);',
];
foreach ($programs as $what => $program) {
    fresh();
    [$code, $output, $seconds] = run_php($prelude . $program);
    check($seconds < 5, "$what took $seconds s");
    echo rtrim("$what: $code $output"), "\n";
}

// A call under way: the signal ends the process from within it.
fresh();
fault('delay', ['ms' => 20_000], 99);
[$code, $output, $seconds] = run_php('
    pcntl_async_signals(true);
    pcntl_signal(SIGALRM, function () { exit(0); });
    pcntl_alarm(1);
    (new WechatPay\Client(options()))->call(CALL, PARAMS);
');
check($seconds < 4, "took $seconds s");
echo rtrim("under way: $code $output"), "\n";
?>
--EXPECTF--
after a call: 0
exit(): 0
an uncaught exception: 255 %aUncaught WechatPay\Exception\InvalidRequestException: %a
in a destructor: 0
in a shutdown function: 0
a cycle: 0
under way: 0
