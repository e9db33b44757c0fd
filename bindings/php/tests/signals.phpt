--TEST--
Signals get in during a call: handlers run, and what they throw ends it
--EXTENSIONS--
wechatpay
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) exit('skip pcntl is needed'); ?>
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

$prelude = '
    pcntl_async_signals(true);
    $client = new WechatPay\Client(options());
    $call = fn () => $client->goldplan->merchants->changeCustomPageStatus(PARAMS);
    $read = fn () => $client->request("GET", "/v3/new-tax-control-fapiao/merchant/1900000109/check-status");
';
/** Sends the signal into a slow call: how the program ends, what it prints, and how long after the signal. */
function interrupt(string $program, int $signal, int $delay = 20_000): string
{
    global $prelude;
    fresh();
    fault('delay', ['ms' => $delay], 99);
    $sent = 0;
    [$code, $output] = run_php($prelude . $program, function (int $pid) use ($signal, &$sent): void {
        wait_for_call();
        posix_or_shell_kill($pid, $signal);
        $sent = hrtime(true);
    });
    $seconds = (hrtime(true) - $sent) / 1e9;
    check($delay < 20_000 || $seconds < 1.5, "it took $seconds s: $output");
    return "exit $code: $output";
}
function posix_or_shell_kill(int $pid, int $signal): void
{
    exec("kill -$signal $pid");
}

// Without a handler a signal does what it always does.
echo 'default: ', interrupt('$call();', SIGINT), "\n";

echo 'exception: ', interrupt('
    pcntl_signal(SIGTERM, function () { throw new DomainException("too slow"); });
    try { $call(); } catch (DomainException $e) {
        $p = $e->getPrevious();
        echo $e->getMessage(), ", ", $p::class, ", ", $p->getErrorCode(), ", ", json_encode($p->mayHaveTakenEffect()), ", ", $p->getErrorMessage();
    }
', SIGTERM), "\n";

echo 'a read: ', interrupt('
    pcntl_signal(SIGTERM, function () { throw new DomainException("too slow"); });
    try { $read(); } catch (DomainException $e) { echo json_encode($e->getPrevious()->mayHaveTakenEffect()); }
', SIGTERM), "\n";

echo 'a handler that returns: ', interrupt('
    pcntl_signal(SIGUSR1, function () { echo "handled "; });
    echo json_encode($call());
', SIGUSR1, 1500), "\n";

echo 'a handler with a call of its own: ', interrupt('
    pcntl_signal(SIGUSR1, function () use ($client) {
        admin("DELETE", "/faults");
        echo "inner ", json_encode($client->call(CALL, PARAMS)), " ";
    });
    echo json_encode($call());
', SIGUSR1, 1500), "\n";

echo 'exit: ', interrupt('
    register_shutdown_function(function () { echo " shutdown"; });
    pcntl_signal(SIGTERM, function () { echo "bye"; exit(7); });
    try { $call(); } finally { echo "never"; }
', SIGTERM), "\n";

echo 'a fatal error: ', preg_replace('/ in .*/s', '', interrupt('
    pcntl_signal(SIGTERM, function () { eval("function strlen2() {} function strlen2() {}"); });
    $call();
    echo "never";
', SIGTERM)), "\n";

// The next call after one that was given up.
echo 'afterwards: ', interrupt('
    pcntl_signal(SIGTERM, function () { throw new DomainException("too slow"); });
    try { $call(); } catch (DomainException) { }
    admin("DELETE", "/faults");
    echo json_encode($call());
', SIGTERM), "\n";

// The limit counts processor time, so the program has to use some first: in the signal handler, while the call waits.
echo 'max_execution_time: ', preg_replace('/ in .*/s', '', interrupt('
    set_time_limit(1);
    $used = fn () => ($u = getrusage())["ru_utime.tv_sec"] + $u["ru_utime.tv_usec"] / 1e6;
    $use = function (float $seconds) use ($used) { $until = $used() + $seconds; while ($used() < $until); };
    pcntl_signal(SIGUSR1, function () use ($use) { $use(0.9); pcntl_alarm(1); });
    pcntl_signal(SIGALRM, fn () => $use(0.9));
    $call();
    echo "never";
', SIGUSR1, 19_999)), "\n";
?>
--EXPECT--
default: exit -2: 
exception: exit 0: too slow, WechatPay\Exception\TimeoutException, cancelled, true, the call was given up while it was under way; its outcome is unknown: query it before repeating
a read: exit 0: false
a handler that returns: exit 0: handled {"sub_mchid":"1900000109"}
a handler with a call of its own: exit 0: inner {"sub_mchid":"1900000109"} {"sub_mchid":"1900000109"}
exit: exit 7: bye shutdown
a fatal error: exit 255: Fatal error: Cannot redeclare strlen2() (previously declared
afterwards: exit 0: {"sub_mchid":"1900000109"}
max_execution_time: exit 255: Fatal error: Maximum execution time of 1 second exceeded
