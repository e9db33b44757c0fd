--TEST--
A merchant's key that lies elsewhere: callables sign and decrypt, on PHP's thread and by PHP's rules
--EXTENSIONS--
wechatpay
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) exit('skip pcntl is needed'); ?>
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
require __DIR__ . '/signer.inc';
use WechatPay\Client;

const TITLE = ['scene' => 'WITH_WECHATPAY', 'fapiao_apply_id' => '4200000444201910177461284488'];

function told(callable $call): string
{
    $thrown = thrown($call);
    $code = $thrown instanceof WechatPay\Exception\WechatPayException ? $thrown->getErrorCode() : '-';
    return (new ReflectionClass($thrown))->getShortName() . " $code " . $thrown->getMessage();
}

final class Shop
{
    public ?Client $client;

    public function __construct()
    {
        $this->client = new Client(without_key(['sign' => [$this, 'sign']]));
    }

    public function sign(string $message): string
    {
        return sign($message);
    }

    public static function signs(string $message): string
    {
        return sign($message);
    }

    public function __invoke(string $message): string
    {
        return sign($message);
    }
}

fresh();
echo "Every callable signs:\n";
foreach (['sign', sign(...), fn (string $message) => sign($message), [new Shop(), 'sign'], 'Shop::signs', new Shop()] as $sign) {
    $client = new Client(without_key(['sign' => $sign, 'decrypt' => null]));
    $replies[] = json_encode($client->goldplan->merchants->changeCustomPageStatus(PARAMS));
}
echo implode(' ', $replies), "\n", json_encode(array_unique(array_column(journal(), 'authorized'))), ' ', count(journal()), "\n";

echo "Fields are decrypted:\n";
$both = new Client(without_key(['sign' => 'sign', 'decrypt' => 'decrypt']));
echo $both->newTaxControlFapiao->userTitle->get(TITLE)['phone'], ' ', $both->decrypt(encrypted('张三')), "\n";
echo told(fn () => (new Client(without_key(['sign' => 'sign'])))->decrypt(encrypted('张三'))), "\n";

echo "Derived clients keep the key, other merchants bring their own:\n";
$signed = 0;
$counting = function (string $message) use (&$signed): string {
    $signed++;
    return sign($message);
};
$client = new Client(without_key(['sign' => $counting]));
$derived = $client->withOptions(['timeout' => 60]);
$namespace = $derived->goldplan->merchants;
unset($client, $derived);
$namespace->changeCustomPageStatus(PARAMS);
$own = array_diff_key(without_key(['sign' => $counting]), ['base_url' => 0]);
$both->forMerchant($own)->call(CALL, PARAMS);
echo $signed, "\n", told(fn () => $both->forMerchant(array_diff_key($own, ['sign' => 0]))), "\n";

echo "What is no key:\n";
foreach ([['sign' => 'no_such_function'], ['sign' => 'sign', 'decrypt' => 7], ['decrypt' => 'decrypt']] as $wrong) {
    echo told(fn () => new Client(without_key($wrong))), "\n";
}
echo told(fn () => new Client(options(['sign' => 'sign']))), "\n";
echo told(fn () => Client::persistent('shop', without_key(['sign' => 'sign']))), "\n";

echo "What it throws is the previous exception:\n";
fresh();
$sealed = new DomainException('the vault is sealed');
$fails = function () use ($sealed): string {
    throw $sealed;
};
$thrown = thrown(fn () => (new Client(without_key(['sign' => $fails])))->call(CALL, PARAMS));
echo $thrown::class, ' ', $thrown->getErrorMessage(), ' ', $thrown->getRetryability(), "\n";
var_dump($thrown->getPrevious() === $sealed, $sealed->getPrevious(), journal());
$thrown = thrown(fn () => (new Client(without_key(['sign' => 'sign', 'decrypt' => $fails])))->decrypt(encrypted('x')));
echo $thrown::class, ' ', $thrown->getErrorCode(), ' ';
var_dump($thrown->getPrevious() === $sealed);
foreach ([7, null, ['SecretText']] as $given) {
    echo told(fn () => (new Client(without_key(['sign' => fn () => $given])))->call(CALL, PARAMS)), "\n";
}

echo "It may take its time, and make calls of its own:\n";
$slow = function (string $message): string {
    usleep(600_000);
    return sign($message);
};
$thrown = thrown(fn () => (new Client(without_key(['sign' => $slow, 'timeout' => 0.3])))->call(CALL, PARAMS));
echo $thrown::class, ' ', $thrown->getErrorCode(), "\n";
$calling = function (string $message): string {
    (new Client(options()))->call(CALL, PARAMS);
    return sign($message);
};
echo json_encode((new Client(without_key(['sign' => $calling])))->call(CALL, PARAMS)), "\n";
$fiber = new Fiber(function () {
    $suspends = fn () => Fiber::suspend();
    echo told(fn () => (new Client(without_key(['sign' => $suspends])))->call(CALL, PARAMS)), "\n";
});
$fiber->start();

echo "An owner whose method signs is collected:\n";
$shop = new Shop();
$shop->client->goldplan->merchants->changeCustomPageStatus(PARAMS);
$gone = WeakReference::create($shop);
unset($shop);
gc_collect_cycles();
var_dump($gone->get());

echo "Programs end as they say:\n";
$prelude = 'require "' . __DIR__ . '/signer.inc"; pcntl_async_signals(true); $client = fn ($sign) => new WechatPay\Client(without_key(["sign" => $sign]));';
$programs = [
    'exit()' => '$client(function () { exit(3); })->call(CALL, PARAMS); echo "not reached";',
    'a fatal error' => '$client(function () { str_repeat("x", PHP_INT_MAX >> 4); })->call(CALL, PARAMS); echo "not reached";',
    'a signal' => '
        pcntl_signal(SIGUSR1, fn () => throw new DomainException("a signal"));
        try {
            $client(function () { exec("kill -USR1 " . getmypid()); sleep(60); return ""; })->call(CALL, PARAMS);
        } catch (WechatPay\Exception\ConfigException $e) {
            echo $e->getErrorCode(), " ", $e->getPrevious()->getMessage();
        }',
    'a fork' => '
        $c = $client("sign");
        $c->call(CALL, PARAMS);
        $pid = pcntl_fork();
        echo json_encode($c->call(CALL, PARAMS));
        if ($pid === 0) { exit(0); }
        pcntl_waitpid($pid, $status);
        echo $status;',
];
foreach ($programs as $what => $program) {
    [$code, $output] = run_php($prelude . $program);
    echo rtrim("$what: $code " . preg_replace('/ in .*/s', '', $output)), "\n";
}
?>
--EXPECTF--
Every callable signs:
{"sub_mchid":"1900000109"} {"sub_mchid":"1900000109"} {"sub_mchid":"1900000109"} {"sub_mchid":"1900000109"} {"sub_mchid":"1900000109"} {"sub_mchid":"1900000109"}
[true] 6
Fields are decrypted:
phone 张三
DecryptException no_decrypter decrypt: ciphertext cannot be decrypted: the merchant's key only signs; give the client a decrypt, too
Derived clients keep the key, other merchants bring their own:
2
ConfigException missing_option merchant_private_key (or merchant_private_key_path) is required: the merchant's private key, apiclient_key.pem; or give sign, which signs with a key that lies elsewhere
What is no key:
ConfigException bad_option sign must be callable: fn (string $input): string
ConfigException bad_option decrypt must be callable: fn (string $input): string
ConfigException bad_option decrypt is given without sign; the two are one key's
ConfigException conflicting_options merchant_private_key_path and sign are both given; give one of them
ConfigException bad_option sign is a callable, which does not outlive its request: use new Client
What it throws is the previous exception:
WechatPay\Exception\ConfigException sign failed: DomainException: the vault is sealed; nothing was sent safe
bool(true)
NULL
array(0) {
}
WechatPay\Exception\DecryptException decrypter_failed bool(true)
ConfigException signer_failed goldplan.merchants.change_custom_page_status: sign failed: sign must give a string, not int; nothing was sent
ConfigException signer_failed goldplan.merchants.change_custom_page_status: sign failed: sign must give a string, not null; nothing was sent
ConfigException signer_failed goldplan.merchants.change_custom_page_status: sign failed: sign must give a string, not array; nothing was sent
It may take its time, and make calls of its own:
WechatPay\Exception\TimeoutException signer_timeout
{"sub_mchid":"1900000109"}
ConfigException signer_failed goldplan.merchants.change_custom_page_status: sign failed: FiberError: Cannot switch fibers in current execution context; nothing was sent
An owner whose method signs is collected:
NULL
Programs end as they say:
exit(): 3
a fatal error: 255 Fatal error: Allowed memory size of %d bytes exhausted (tried to allocate %d bytes)
a signal: 0 signer_failed a signal
a fork: 0 {"sub_mchid":"1900000109"}{"sub_mchid":"1900000109"}0
