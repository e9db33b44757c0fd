<?php

/**
 * The shared cases and vectors through the loaded extension, over real sockets to the sandbox that WECHATPAY_BIN runs.
 *
 * php -d extension=wechatpay tests/php/run.php [PART OF A NAME]
 *
 * Prints `N passed, N failed`; writes php.json into the directory WECHATPAY_RESULTS.
 */

declare(strict_types=1);

require __DIR__ . '/compare.php';
require __DIR__ . '/sandbox.php';
require __DIR__ . '/signer.php';
require __DIR__ . '/cases.php';
require __DIR__ . '/vectors.php';

// The frames of this runner hold the sandbox's keys; those of the extension are what bindings/php/tests/secrets.phpt shows.
ini_set('zend.exception_ignore_args', '1');
set_error_handler(fn (int $level, string $message, string $file, int $line) =>
    throw new ErrorException($message, 0, $level, $file, $line));

const FEWEST_CASES = 60;

/** Runs what has the part in its name; name -> passed or failed. */
function run_all(array $all, callable $run, string $part): array
{
    $outcomes = [];
    foreach ($all as $name => $one) {
        if ($part !== '' && !str_contains($name, $part)) {
            continue;
        }
        try {
            $problems = $run($one);
        } catch (Throwable $thrown) {
            $problems = [(string) $thrown];
        }
        $outcomes[$name] = $problems === [] ? 'passed' : 'failed';
        if ($problems !== []) {
            echo "$name\n    ", implode("\n    ", $problems), "\n";
        }
    }
    return $outcomes;
}

$tests = dirname(__DIR__);
$part = $argv[1] ?? '';
$sandbox = new Sandbox();
$byId = new Runner($sandbox, $tests, false);
$byMethod = new Runner($sandbox, $tests, true);
$cases = run_all(load_cases($tests), fn (array $case) => $byId->run($case) ?: $byMethod->run($case), $part);
$vectors = run_all(load_vectors($sandbox, $tests), fn (Closure $vector) => $vector(), $part);

$outcomes = array_count_values([...array_values($cases), ...array_values($vectors)]) + ['passed' => 0, 'failed' => 0];
echo "{$outcomes['passed']} passed, {$outcomes['failed']} failed\n";
$directory = getenv('WECHATPAY_RESULTS');
if ($directory && $part === '') {
    is_dir($directory) || mkdir($directory, 0777, true);
    $results = ['language' => 'php', 'cases' => $cases, 'vectors' => $vectors];
    file_put_contents("$directory/php.json", json_encode($results, JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT));
}
if ($part === '' && count($cases) < FEWEST_CASES) {
    echo 'only ', count($cases), " cases were found\n";
    exit(1);
}
exit($outcomes['failed'] === 0 ? 0 : 1);
