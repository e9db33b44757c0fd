--TEST--
Notifications that have been processed: in memory, in a real Redis, and where that is down
--EXTENSIONS--
wechatpay
--INI--
zend.exception_ignore_args=0
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Exception\ConfigException;
use WechatPay\Exception\InvalidRequestException;
use WechatPay\Exception\TimeoutException;
use WechatPay\Exception\TransportException;
use WechatPay\Seen;

$url = getenv('WECHATPAY_TEST_REDIS') ?: throw new LogicException('run this under tests/receivers/redis_server.py');
$busy = function (Seen $seen, string $id): void {
    $thrown = thrown(fn () => $seen->claim($id));
    check($thrown instanceof TimeoutException && $thrown->getErrorCode() === 'seen_busy', "$id is another's");
    check($thrown->getRetryability() === 'safe', 'and comes again');
};
$stores = ['memory' => fn () => Seen::memory(), 'redis' => fn () => Seen::redis($url, 60)];
foreach ($stores as $name => $open) {
    $id = "EV-php-$name-" . getmypid() . '-' . hrtime(true);
    $seen = $open();
    check($seen->claim($id), 'new');
    $busy($seen, $id);
    // Made anew, as for the next request of a worker.
    unset($seen);
    $seen = $open();
    $busy($seen, $id);
    $seen->release($id);
    check($open()->claim($id), 'free again');
    $seen->done($id);
    check(!$seen->claim($id) && !$open()->claim($id), 'done');
    $seen->release($id);
    check(!$seen->claim($id), 'stays done');
    foreach (['', "a\0b", "\xff"] as $wrong) {
        $thrown = thrown(fn () => $seen->claim($wrong));
        check($thrown instanceof InvalidRequestException && $thrown->getField() === 'id', 'no id');
    }
    echo "$name\n";
}
// What has another time is another store.
$long = "EV-php-long-" . getmypid();
check(Seen::memory(100)->claim($long) && Seen::memory(200.5)->claim($long), 'two stores in memory');

if (function_exists('pcntl_fork')) {
    $id = 'EV-php-fork-' . getmypid();
    check(Seen::redis($url)->claim($id) && Seen::memory()->claim($id), 'the parent has it');
    $child = pcntl_fork();
    if ($child === 0) {
        pcntl_alarm(30);
        $busy(Seen::redis($url), $id);
        Seen::redis($url)->done($id);
        exit(Seen::memory()->claim($id) ? 0 : 1);
    }
    pcntl_waitpid($child, $status);
    check(pcntl_wifexited($status) && pcntl_wexitstatus($status) === 0, "the child ended with $status");
    check(!Seen::redis($url)->claim($id), 'the child has done it');
    $busy(Seen::memory(), $id);
}

const SECRET = 'secret-of-nobody';
$down = Seen::redis('redis://shop:' . SECRET . '@127.0.0.1:1/2');
foreach (['claim', 'done', 'release'] as $ask) {
    $thrown = thrown(fn () => $down->$ask('EV-1'));
    check($thrown instanceof TransportException && $thrown->getErrorCode() === 'seen_store', "$ask is told");
    check(str_contains($thrown->getMessage(), 'redis://127.0.0.1:1/2'), 'which store');
    check(!str_contains($thrown . print_r($thrown->getTrace(), true), SECRET), 'but not its password');
}
ob_start();
var_dump($down);
print_r($down);
var_export($down);
check(!str_contains(ob_get_clean(), SECRET), 'nor is it printed');

$wrong = [
    fn () => Seen::memory(0),
    fn () => Seen::memory(-1),
    fn () => Seen::memory(NAN),
    fn () => Seen::memory(INF),
    fn () => Seen::redis('http://:' . SECRET . '@cache'),
    fn () => Seen::redis("redis://cache\0"),
    fn () => Seen::redis('redis://cache', 0),
    fn () => new Seen(),
    fn () => clone $down,
    fn () => serialize($down),
];
foreach ($wrong as $make) {
    $thrown = thrown($make);
    check(!$thrown instanceof ConfigException || !str_contains($thrown->getMessage(), SECRET), 'without the password');
    echo $thrown::class, ': ', $thrown->getMessage(), "\n";
}
?>
--EXPECT--
memory
redis
WechatPay\Exception\ConfigException: seconds must be a positive number of seconds, at most those of a year
WechatPay\Exception\ConfigException: seconds must be a positive number of seconds, at most those of a year
WechatPay\Exception\ConfigException: seconds must be a positive number of seconds, at most those of a year
WechatPay\Exception\ConfigException: seconds must be a positive number of seconds, at most those of a year
WechatPay\Exception\ConfigException: url must be like redis://user:password@host:6379/0, or rediss://… with TLS
WechatPay\Exception\ConfigException: url has a NUL byte
WechatPay\Exception\ConfigException: seconds must be a positive number of seconds, at most those of a year
Error: Call to private WechatPay\Seen::__construct() from global scope
Error: Trying to clone an uncloneable object of class WechatPay\Seen
Exception: Serialization of 'WechatPay\Seen' is not allowed
