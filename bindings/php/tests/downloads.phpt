--TEST--
Downloads: checked against the signed reply, told of while they come, and whole or not there at all
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
require __DIR__ . '/folder.inc';
use WechatPay\Client;

const BILL = 'bill.trade_bill.get';
const GZIP = ['bill_date' => '2019-06-11', 'tar_type' => 'GZIP'];
const PARTS = [
    'sub_mchid' => '1900000109', 'account_type' => 'BASIC', 'algorithm' => 'AEAD_AES_256_GCM', 'bill_date' => '2019-06-11',
];

$client = new Client(options());
$folder = temporary_folder();
$to = "$folder/bill.csv";
$big = function (): void {
    fresh();
    admin('PATCH', '/state', ['bill_rows' => 20_000]);
};
$is_bill = fn (string $bill): bool => str_starts_with($bill, "\u{feff}交易时间,") && substr_count($bill, "\n") === 23;

echo "A bill, inflated and checked:\n";
fresh();
$files = $client->download(BILL, GZIP, $to);
check($files === [['path' => $to, 'length' => filesize($to), 'hash_type' => 'SHA1']], json_encode($files));
check($is_bill(file_get_contents($to)), 'the bill');
check(left_in($folder) === ['bill.csv'], 'only the bill');
check(fileperms($to) === (0100666 & ~umask()), 'as readable as other files');
file_put_contents($to, 'another');
$client->download(BILL, GZIP, $to);
check($is_bill(file_get_contents($to)), 'what was there is replaced');
$bill = file_get_contents($to);

echo "Several files:\n";
$files = $client->download('bill.sub_merchant_fund_flow_bill.get', PARTS, "$folder/parts.csv");
check(array_column($files, 'path') === ["$folder/parts.csv", "$folder/parts.2.csv"], 'a number for the second');
check(left_in($folder) === ['bill.csv', 'parts.2.csv', 'parts.csv'], 'both');
unlink("$folder/parts.2.csv");

echo "Without a place, open files that have no name:\n";
unlink("$folder/parts.csv");
unlink($to);
[$file] = $client->download(BILL, GZIP);
check(left_in($folder) === [], 'it has no name');
check(get_resource_type($file) === 'stream' && stream_get_contents($file) === $bill, 'but its content');
check(rewind($file) && fgets($file) === strtok($bill, "\n") . "\n", 'once more');
fclose($file);
$files = $client->download('bill.sub_merchant_fund_flow_bill.get', PARTS);
echo implode(' ', array_map(fn ($file) => substr_count(stream_get_contents($file), "\n"), $files)), "\n";

echo "What an operation answers with:\n";
[$image] = $client->download('merchant_service.images.get', ['media_id' => 'ChsyMDAwMDAx']);
check(stream_get_contents($image) !== '', 'an image');
check($client->download('merchant_service.images.get', ['media_id' => 'ChsyMDAwMDAx'], $to)[0]['hash_type'] === null, 'no hash');
unlink($to);

echo "From an address:\n";
['download_url' => $url, 'hash_type' => $type, 'hash_value' => $hash] = $client->bill->tradeBill->get(GZIP);
check($client->downloadUrl($url, $to, $type, $hash, true) === ['path' => $to, 'length' => strlen($bill), 'hash_type' => 'SHA1'], 'one file');
check(stream_get_contents($client->downloadUrl($url, hashType: $type, hashValue: $hash, gunzip: true)) === $bill, 'a stream');
check(gzdecode(stream_get_contents($client->downloadUrl($url))) === $bill, 'as it came');
unlink($to);

echo "What fails leaves nothing, and what was there as it was:\n";
fresh();
$url = $client->bill->tradeBill->get(['bill_date' => '2019-06-11'])['download_url'];
$wrong = [
    'another hash' => fn (?string $to) => $client->downloadUrl($url, $to, 'SHA1', str_repeat('0', 40)),
    'half a hash' => fn (?string $to) => $client->downloadUrl($url, $to, 'SHA1'),
    'no gzip' => fn (?string $to) => $client->downloadUrl($url, $to, gunzip: true),
    'a foreign address' => fn (?string $to) => (new Client(options(['base_url' => null])))->downloadUrl('https://example.com/x', $to),
    'no file' => fn (?string $to) => $client->download(CALL, PARAMS, $to),
    'no operation' => fn (?string $to) => $client->download('no.such.operation', [], $to),
    'no parameters' => fn (?string $to) => $client->download(BILL, [], $to),
    'no JSON' => fn (?string $to) => $client->download(BILL, ['bill_date' => "\xff"], $to),
];
foreach ($wrong as $what => $call) {
    $thrown = thrown(fn () => $call(null));
    check(left_in($folder) === [], "$what: nothing is left");
    file_put_contents($to, 'another');
    check(thrown(fn () => $call($to))->getErrorCode() === $thrown->getErrorCode(), "$what: the same with a place");
    check(left_in($folder) === ['bill.csv'] && file_get_contents($to) === 'another', "$what: what was there stays");
    unlink($to);
    echo "$what: ", $thrown->getErrorCode(), ' ', $thrown->getField(), "\n";
}
foreach ([null, $to] as $place) {
    admin('POST', '/faults', ['match' => ['path' => '/v3/billdownload/file'], 'fault' => ['kind' => 'corrupt']]);
    echo thrown(fn () => $client->download(BILL, ['bill_date' => '2019-06-11'], $place))->getErrorCode(), "\n";
    check(left_in($folder) === [], 'nothing is left of what was altered on its way');
}
echo thrown(fn () => $client->download(BILL, GZIP, "$folder/missing/bill.csv"))->getErrorCode(), "\n";
echo thrown(fn () => $client->download(BILL, GZIP, $folder))->getErrorCode(), "\n";
echo thrown(fn () => $client->download(BILL, GZIP, ''))->getField(), "\n";

echo "Progress:\n";
$big();
$told = [];
$progress = function (int $received, ?int $total) use (&$told): void { $told[] = [$received, $total]; };
[$file] = $client->download(BILL, ['bill_date' => '2019-06-11'], $to, progress: $progress);
check(count($told) > 10, 'more than once');
$rising = array_column($told, 0);
sort($rising);
check(array_column($told, 0) === array_values(array_unique($rising)), 'ever more');
check(end($told) === [$file['length'], $file['length']], 'up to the end');
check(array_unique(array_column($told, 1)) === [$file['length']], 'of how many');
$told = [];
Client::persistent('downloads', options())->download(BILL, ['bill_date' => '2019-06-11'], progress: $progress);
check(count($told) > 10, 'of a lasting client, too');
$attempts = 0;
$watched = new Client(options(['on_attempt' => function () use (&$attempts): void { $attempts++; }]));
$watched->download(BILL, ['bill_date' => '2019-06-11'], $to, progress: fn () => null);
check($attempts === 4, 'beside attempts');
$within = null;
$client->download(BILL, GZIP, progress: function () use ($client, &$within) { $within ??= $client->call(CALL, PARAMS); });
check($within === ['sub_mchid' => '1900000109'], 'it may make calls');
unlink($to);

echo "What it throws ends no download:\n";
fresh();
set_error_handler(function (int $level, string $message) { echo "warning: $message\n"; return true; });
[$file] = $client->download(BILL, GZIP, progress: fn () => throw new DomainException('the bar is broken'));
check(stream_get_contents($file) === $bill, 'downloaded');
set_error_handler(fn (int $level, string $message) => throw new ErrorException($message));
[$file] = $client->download(BILL, GZIP, progress: fn () => throw new DomainException('the bar is broken'));
check(stream_get_contents($file) === $bill, 'downloaded');
restore_error_handler();
restore_error_handler();
echo thrown(fn () => $client->download(BILL, GZIP, progress: 'no such function'))->getMessage(), "\n";

echo "A signal ends it, and so does the end of the program, at any moment:\n";
fresh();
pcntl_async_signals(true);
pcntl_signal(SIGALRM, fn () => throw new DomainException('enough'));
fault('delay', ['ms' => 9000]);
pcntl_alarm(1);
$thrown = thrown(fn () => $client->download(BILL, GZIP));
echo $thrown->getMessage(), ', ', $thrown->getPrevious()->getErrorCode(), ', then ', count(left_in($folder)), "\n";
foreach ([20, 20_000] as $rows) {
    fresh();
    admin('PATCH', '/state', ['bill_rows' => $rows]);
    foreach (['exit(3);', 'str_repeat("x", 1 << 30);'] as $end) {
        foreach (['null', '"bill.csv"'] as $place) {
            [$code, $output] = run_php('
                ini_set("display_errors", "0");
                chdir(getenv("TMPDIR"));
                $progress = function () {
                    echo count(glob("{.*.part,*/.*.part}", GLOB_BRACE)), " file";
                    ' . $end . '
                };
                $client = new WechatPay\Client(options());
                $client->download("bill.trade_bill.get", ["bill_date" => "2019-06-11"], ' . $place . ', progress: $progress);
                echo "not reached";
            ');
            echo "$code, $output, then ", implode(' ', left_in($folder)), "\n";
            @unlink($to);
        }
    }
}
?>
--EXPECT--
A bill, inflated and checked:
Several files:
Without a place, open files that have no name:
11 12
What an operation answers with:
From an address:
What fails leaves nothing, and what was there as it was:
another hash: hash_mismatch 
half a hash: bad_argument hash_value
no gzip: not_gzip 
a foreign address: foreign_url url
no file: no_file 
no operation: unknown_operation operation
no parameters: missing_field bill_date
no JSON: bad_argument params.bill_date
hash_mismatch
hash_mismatch
cannot_write
cannot_write
to
Progress:
What it throws ends no download:
warning: WechatPay\Client::download(): progress threw DomainException: the bar is broken
WechatPay\Client::download(): Argument #5 ($progress) must be a valid callback or null, function "no such function" not found or invalid function name
A signal ends it, and so does the end of the program, at any moment:
enough, cancelled, then 0
3, 0 file, then 
3, 0 file, then bill.csv
255, 0 file, then 
255, 0 file, then bill.csv
3, 1 file, then 
3, 1 file, then bill.csv
255, 1 file, then 
255, 1 file, then bill.csv
