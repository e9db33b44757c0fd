<?php

/** One of everything, for valgrind: test.sh runs it with PHP's own allocator off. */

require __DIR__ . '/sandbox.inc';
require __DIR__ . '/signer.inc';
use WechatPay\Client;
use WechatPay\Notifications;
use WechatPay\Seen;

const BILL = 'bill.trade_bill.get';
const DAY = ['bill_date' => '2019-06-11'];
const LISTED = 'merchant_service.complaints_v2.list';
const DAYS = ['begin_date' => '2020-01-01', 'end_date' => '2020-01-31'];

fresh();
$client = new Client(options());
for ($round = 0; $round < 3; $round++) {
    $lasting = Client::persistent('shop', options());
    $lasting->goldplan->merchants->changeCustomPageStatus(PARAMS);
    $made = admin('POST', '/notifications', ['event_type' => 'X', 'resource' => ['n' => [1, PHP_INT_MAX]]]);
    $notification = $lasting->notifications->parse(['x' => "\xff", 'endless' => &$made] + $made['headers'], $made['body']);
    print_r([$notification, $notification->ack(), Notifications::failure('x')], true);
    (new Notifications(options()))->parse($made['headers'], $made['body']);
    Seen::memory()->claim("EV-$round");
    Seen::memory()->done("EV-$round");
    Seen::memory()->release("EV-$round");
    $derived = $client->withOptions(['timeout' => 90, 'retry' => 'safe']);
    $derived->request('POST', '/v3/goldplan/merchants/close-advertising-show', ['a' => [1]], ['sub_mchid' => '1900000109']);
    $derived->newTaxControlFapiao->download(
        ['token' => 't', 'mchid' => '1', 'openid' => 'o', 'invoice_code' => '1', 'invoice_no' => '2', 'fapiao_id' => '3'],
    );
    $elsewhere = new Client(without_key(['sign' => 'sign', 'decrypt' => fn (string $ciphertext) => decrypt($ciphertext)]));
    $elsewhere->withOptions(['timeout' => 90])->goldplan->merchants->changeCustomPageStatus(PARAMS);
    $elsewhere->decrypt(encrypted('x'));
    $cycle = new stdClass();
    $cycle->client = new Client(without_key(['sign' => fn () => throw new DomainException("no $cycle->client")]));
    $file = ['filename' => 'a.pdf', 'content' => "\xff\0\xfe"];
    $meta = ['file_type' => 'PDF', 'digest_alogrithm' => 'SM3', 'sub_mchid' => '1900000109'];
    $client->newTaxControlFapiao->fapiaoApplications->uploadFapiaoFile(['file' => $file, 'meta' => $meta]);
    foreach ([['path' => __FILE__], new SplFileInfo(__FILE__), ['filename' => 'a', 'content' => fopen(__FILE__, 'r')]] as $file) {
        $client->merchantService->images->upload(['file' => $file]);
    }
    $told = 0;
    $client->download(BILL, DAY + ['tar_type' => 'GZIP'], options()['merchant_private_key_path'] . '.csv');
    $client->download(BILL, DAY, progress: function () use (&$told): void { $told++; });
    check($told > 0, 'told of');
    $address = $lasting->bill->tradeBill->get(DAY);
    fclose($lasting->downloadUrl($address['download_url'], null, 'SHA1', $address['hash_value'], progress: 'max'));
    check(count(iterator_to_array($client->iterate(LISTED, DAYS + ['limit' => 1]))) === 3, 'the list');
    $client->iterate(LISTED, DAYS)->valid();
}
// Clients that hold each other through their callables go when PHP collects cycles, which it does not at its end.
$cycle = null;
check(gc_collect_cycles() >= 6, 'the cycles are found');
fault('status', ['status' => 403, 'body' => ['code' => 'X', 'message' => 'y', 'detail' => ['value' => [1]]]]);
$endless = [];
$endless['in'] = &$endless;
$wrong = [
    fn () => $client->call(CALL, PARAMS),
    fn () => $client->call(CALL, ['sub_mchid' => "\xff"]),
    fn () => $client->call(CALL, $endless),
    fn () => Seen::memory(-1),
    fn () => Seen::redis('redis://cache/x'),
    fn () => Seen::redis('redis://127.0.0.1:1')->claim('EV-1'),
    fn () => $client->call("a\0b"),
    fn () => $client->merchantService->images->upload(['file' => ['filename' => 'a', 'content' => fopen('php://memory', 'r')]]),
    fn () => @$client->merchantService->images->upload(['file' => ['filename' => 'a', 'content' => fopen('php://output', 'w')]]),
    fn () => $client->merchantService->images->upload(['file' => new SplFileInfo('')]),
    fn () => $client->download(BILL),
    fn () => $client->download(CALL, PARAMS, '/missing/file', false, 'max'),
    fn () => $client->downloadUrl($address['download_url'], null, 'SHA1', 'x'),
    fn () => $client->iterate(CALL)->valid(),
    fn () => new WechatPay\Items(),
    fn () => $client->goldplann,
    fn () => $client->cal(),
    fn () => new Client(['mchid' => true]),
    fn () => new Client(options(['apiv3_key' => 'short'])),
    fn () => new Client(['platform_certificates' => ['x', 1]]),
    fn () => Client::persistent('shop', ['mchid' => '1']),
    fn () => $client->forMerchant(['base_url' => 'https://example.com']),
    fn () => $client->withOptions(['retry' => 'x']),
    fn () => new Notifications(['apiv3_key' => 'short']),
    fn () => new Notifications(['apiv3_key' => new stdClass()]),
    fn () => (new Client(options(['apiv3_key' => null])))->notifications,
    fn () => $client->notifications->parse([], null),
    fn () => $client->notifications->parse(['Wechatpay-Nonce' => "\xff", 'x' => $endless], "\xff"),
    fn () => $client->notifications->__construct(options()),
    fn () => Notifications::failure("\xff"),
    fn () => new WechatPay\Operations\Goldplan(),
    fn () => clone $client,
    fn () => (new Client(without_key(['sign' => fn () => throw new DomainException('sealed')])))->call(CALL, PARAMS),
    fn () => (new Client(without_key(['sign' => fn () => [7]])))->call(CALL, PARAMS),
    fn () => new Client(options(['sign' => 'sign'])),
    fn () => new Client(without_key(['sign' => 'sign', 'decrypt' => 1])),
    fn () => new Client(without_key(['decrypt' => 'decrypt'])),
    fn () => Client::persistent('signer', without_key(['sign' => 'sign'])),
    fn () => (new Client(without_key(['sign' => 'sign'])))->forMerchant(['sign' => 'sign']),
];
foreach ($wrong as $call) {
    $thrown = thrown($call);
    var_export(print_r($thrown->getMessage(), true) === '');
    $thrown instanceof WechatPay\Exception\WechatPayException && print_r((array) $thrown, true) && $thrown->getDetail();
}
$endless = null;
check(count(Client::operations()) > 20 && count(Client::optionNames()) > 20, 'reflection');
print_r($client, true);
pcntl_async_signals(true);
pcntl_signal(SIGALRM, fn () => throw new DomainException('too slow'));
fault('delay', ['ms' => 9000]);
pcntl_alarm(1);
check(thrown(fn () => $client->call(CALL, PARAMS)) instanceof DomainException, 'given up');
echo "\ndone\n";
