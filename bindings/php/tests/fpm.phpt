--TEST--
A real php-fpm: several workers, calls at once, workers that are replaced, and a graceful end
--EXTENSIONS--
wechatpay
--SKIPIF--
<?php
require __DIR__ . '/sandbox.inc';
require __DIR__ . '/fpm.inc';
if (Fpm::binary() === null || shell_exec('command -v cgi-fcgi') === null) exit('skip php-fpm and cgi-fcgi are needed');
?>
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
require __DIR__ . '/fpm.inc';

const WORKERS = 3;
const REQUESTS = 5;
const SHOP = __DIR__ . '/fpm-shop.inc';

fresh();
$fpm = new Fpm(WORKERS, REQUESTS);
check(count(glob("/proc/$fpm->master/task/*")) === 1, 'the master has no thread');

// Rounds of requests at once: every worker makes calls, and each is replaced after REQUESTS of them.
// What each served is put in order by its own clock: that of the answers read here is another.
$served = [];
for ($round = 0; $round < 8; $round++) {
    $requests = array_map(fn () => $fpm->start(SHOP), range(1, 2 * WORKERS));
    foreach (array_map($fpm->finish(...), $requests) as $answer) {
        check($answer['replies'] === array_fill(0, 2, ['sub_mchid' => '1900000109']), json_encode($answer['replies']));
        $served[$answer['pid']][$answer['began']] = $answer['threads'];
    }
}
check(count($served) > WORKERS, 'workers were replaced: ' . count($served));
check(max(array_map('count', $served)) === REQUESTS, 'after their requests');
check(!isset($served[$fpm->master]), 'the master serves nobody');
foreach ($served as $threads) {
    ksort($threads);
    $first = array_shift($threads);
    check($first === 1, "a worker begins without threads, not with $first");
    check($threads === [] || max($threads) === 1, 'and its calls need none: ' . json_encode($threads));
}
check(count(journal()) === 2 * 8 * 2 * WORKERS, 'every call arrived once');

// The lasting client's connection stays between requests.
$answers = [];
for ($request = 0; $request < 2 * WORKERS * REQUESTS; $request++) {
    $answer = $fpm->finish($fpm->start(SHOP, 'lasting'));
    $answers[$answer['pid']][] = $answer['sockets'];
}
$whole = array_filter($answers, fn ($sockets) => count($sockets) === REQUESTS);
check($whole !== [], 'workers that served nothing else');
foreach ($whole as $sockets) {
    check($sockets[1] > $sockets[0], 'the connection stays: ' . json_encode($sockets));
    check(count(array_unique(array_slice($sockets, 1))) === 1, 'and is the only one: ' . json_encode($sockets));
}

// A graceful end lets a call finish.
fault('delay', ['ms' => 1500]);
$under_way = $fpm->start(SHOP, 'lasting');
usleep(500_000);
[$code, $seconds] = $fpm->stop();
check($fpm->finish($under_way)['replies'][0] === ['sub_mchid' => '1900000109'], 'the last call');
check($code === 0 && $seconds < 8, "stopped with $code after $seconds s");
foreach (explode("\n", $fpm->log()) as $line) {
    if (preg_match('/WARNING|ERROR|ALERT|SIG(SEGV|ABRT|KILL)/', $line)) {
        echo $line, "\n";
    }
}
echo 'done';
?>
--EXPECT--
done
