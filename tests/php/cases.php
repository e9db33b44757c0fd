<?php

/** Runs the shared cases of tests/cases; their format stands in tests/README.md. */

declare(strict_types=1);

use WechatPay\Client;
use WechatPay\Exception\WechatPayException;
use WechatPay\Reply;

const CLASSES = [
    'config' => WechatPay\Exception\ConfigException::class,
    'invalid_request' => WechatPay\Exception\InvalidRequestException::class,
    'transport' => WechatPay\Exception\TransportException::class,
    'timeout' => WechatPay\Exception\TimeoutException::class,
    'api' => WechatPay\Exception\ApiException::class,
    'signature' => WechatPay\Exception\SignatureException::class,
    'decrypt' => WechatPay\Exception\DecryptException::class,
    'integrity' => WechatPay\Exception\IntegrityException::class,
    'internal' => WechatPay\Exception\InternalException::class,
];

const GETTERS = [
    'kind' => 'getKind',
    'code' => 'getErrorCode',
    'status' => 'getStatus',
    'operation' => 'getOperation',
    'field' => 'getField',
    'value' => 'getValue',
    'issue' => 'getIssue',
    'location' => 'getLocation',
    'detail' => 'getDetail',
    'retryability' => 'getRetryability',
    'may_have_taken_effect' => 'mayHaveTakenEffect',
    'verified' => 'isVerified',
    'check_with' => 'getCheckWith',
];

/** All cases of all files by name, the file's name before each. */
function load_cases(string $tests): array
{
    $cases = [];
    foreach (glob("$tests/cases/*.json") as $path) {
        foreach (read_json(file_get_contents($path)) as $case) {
            $name = basename($path, '.json') . ': ' . $case['name'];
            $step = array_diff_key($case, array_flip(['name', 'client', 'signer', 'secrets']));
            $cases[$name] = [
                'client' => (array) ($case['client'] ?? []),
                'signer' => $case['signer'] ?? null,
                'secrets' => $case['secrets'] ?? [],
                'steps' => $case['steps'] ?? [$step],
            ];
        }
    }
    return $cases;
}

const STEP = ['state', 'clock', 'admin', 'faults', 'alter', 'restart', 'call', 'times', 'expect'];

final class Runner
{
    /** Where the files of a case are. */
    private string $scratch;

    /** What the case's last call gave. */
    private mixed $last = null;

    /** @param bool $methods through the method of an operation, or else by its id */
    public function __construct(private Sandbox $sandbox, private string $tests, private bool $methods)
    {
    }

    /** What was not as expected. */
    public function run(array $case): array
    {
        $admin = $this->sandbox->admin(...);
        $admin('POST', '/reset');
        $this->scratch = $this->sandbox->scratch();
        $client = $this->client($case);
        foreach ($case['steps'] as $step) {
            $unknown = array_diff(array_keys($step), STEP);
            if ($unknown !== []) {
                return ['unknown members ' . implode(', ', $unknown)];
            }
            if (isset($step['alter'])) {
                $this->alter(...$step['alter']);
            }
            if (isset($step['restart'])) {
                $client = $this->client($case);
            }
            $admin('DELETE', '/faults');
            if (isset($step['state'])) {
                $admin('PATCH', '/state', $this->fill($step['state']));
            }
            if (isset($step['clock'])) {
                $admin('POST', '/clock', ['advance_seconds' => $step['clock']]);
            }
            foreach ($step['admin'] ?? [] as $request) {
                $admin($request['method'], $request['path'], $this->fill($request['body'] ?? null));
            }
            foreach ($step['faults'] ?? [] as $fault) {
                $admin('POST', '/faults', $this->fill($fault));
            }
            for ($left = $step['times'] ?? 1; $left > 0; $left--) {
                $problems = $this->step($case, $step, $client);
                if ($problems !== []) {
                    return $problems;
                }
            }
        }
        return [];
    }

    private function client(array $case): Client|WechatPayException
    {
        try {
            $functions = functions_of_signer($this->fill($case['signer']));
            return new Client([...$this->sandbox->options($this->fill($case['client'])), ...$functions]);
        } catch (WechatPayException $error) {
            return $error;
        }
    }

    private function alter(string $file, string $from, string $to): void
    {
        $text = file_get_contents("$this->scratch/$file");
        if (!str_contains($text, $from)) {
            throw new RuntimeException("$file does not hold $from");
        }
        file_put_contents("$this->scratch/$file", str_replace($from, $to, $text));
    }

    private function step(array $case, array $step, Client|WechatPayException $client): array
    {
        $this->sandbox->admin('DELETE', '/journal');
        $result = $error = null;
        try {
            if ($client instanceof WechatPayException) {
                throw $client;
            }
            if (!isset($step['call'])) {
                return ['the client was accepted'];
            }
            $result = $this->call($client, $this->fill($step['call']));
        } catch (WechatPayException $thrown) {
            $error = $thrown;
        }
        $problems = $this->check($case, (array) $step['expect'], $result, $error);
        $this->last = $result instanceof Reply ? $result->body : $result;
        return $problems;
    }

    private function call(Client $client, array $call): mixed
    {
        if (isset($call['options'])) {
            $client = $client->withOptions($call['options']);
        }
        if (isset($call['notification']) || isset($call['payment'])) {
            $made = isset($call['notification'])
                ? $this->sandbox->admin('POST', '/notifications', $call['notification'])
                : $this->sandbox->admin('POST', '/orders/pay', $call['payment'])['notification'];
            $notification = $client->notifications->parse($made['headers'], $made['body']);
            return get_object_vars($notification);
        }
        if (isset($call['utility'])) {
            $params = (array) ($call['params'] ?? []);
            return match ($call['utility']) {
                'encrypt' => $client->encrypt(...$params),
                'invocation.jsapi' => $client->invocation->jsapi(...$params),
                'invocation.mini_program' => $client->invocation->miniProgram(...$params),
                'invocation.app' => $client->invocation->app(...$params),
                'decrypt' => ['plaintext' => $client->decrypt(...$params)],
                'platform_keys.list' => $client->platformKeys(),
                'platform_keys.refresh' => $client->refreshPlatformKeys(),
            };
        }
        if (isset($call['operation'])) {
            $params = $this->files((array) ($call['params'] ?? []));
            $method = $this->methods ? method_of($client, $call['operation']) : null;
            return $method ? $method($params) : $client->call($call['operation'], $params);
        }
        $raw = $call['request'];
        $query = isset($raw['query']) ? (array) $raw['query'] : null;
        return $client->request($raw['method'], $raw['path'], $query, $raw['body'] ?? null);
    }

    /** Files are written with base64 in the cases, and given as bytes. */
    private function files(array $params): array
    {
        return array_map(
            fn ($value) => is_array($value) && array_keys($value) === ['filename', 'content']
                ? ['filename' => $value['filename'], 'content' => base64_decode($value['content'], true)]
                : $value,
            $params,
        );
    }

    private function check(array $case, array $expect, mixed $result, ?WechatPayException $error): array
    {
        $wanted = $expect['error'] ?? null;
        if ($wanted === null && $error !== null) {
            return ["expected a result, got $error"];
        }
        if ($wanted !== null && $error === null) {
            return ['expected an error, got ' . show($result)];
        }
        $problems = $error === null
            ? $this->checkResult($expect, $result)
            : $this->checkError($case, $this->fill($wanted), $error);
        $received = $this->sandbox->admin('GET', '/journal');
        $refusedHere = in_array($wanted['kind'] ?? null, ['config', 'invalid_request'], true);
        if (isset($expect['wire']) || $refusedHere) {
            array_push($problems, ...$this->checkWire($this->fill($expect['wire'] ?? []), $received));
        }
        foreach ($received as $entry) {
            array_push($problems, ...always($entry['headers']));
        }
        if (isset($expect['effects'])) {
            array_push($problems, ...missing('effects', $expect['effects'], $this->sandbox->admin('GET', '/state')));
        }
        return $problems;
    }

    private function checkResult(array $expect, mixed $result): array
    {
        $problems = [];
        if ($result instanceof Reply) {
            if ((string) $result->requestId === '') {
                $problems[] = 'request_id: the reply had one, but it is gone';
            }
            array_push($problems, ...differences('status', $expect['status'] ?? $result->status, $result->status));
            $result = $result->body;
        }
        if (array_key_exists('result', $expect)) {
            array_push($problems, ...differences('result', $this->fill($expect['result']), $result));
        }
        if (isset($expect['result_has'])) {
            array_push($problems, ...missing('result', $this->fill($expect['result_has']), $result));
        }
        if (isset($expect['cashier'])) {
            $said = $this->sandbox->admin('POST', '/cashier', ['record' => $result]);
            array_push($problems, ...missing('cashier', $this->fill($expect['cashier']), $said));
        }
        if (isset($expect['result_base64'])) {
            $actual = is_string($result) ? base64_encode($result) : $result;
            array_push($problems, ...differences('result_base64', $expect['result_base64'], $actual));
        }
        return $problems;
    }

    private function checkError(array $case, array $wanted, WechatPayException $error): array
    {
        $problems = differences('class', CLASSES[$error->getKind()] ?? null, $error::class);
        foreach ($wanted as $name => $value) {
            array_push($problems, ...match ($name) {
                'message_contains' => contains($name, $value, $error->getMessage(), true),
                'message_excludes' => contains($name, $value, $error->getMessage(), false),
                'attempts' => missing($name, $value, $error->getAttempts()),
                'request_id' => differences($name, $value === 'present', $error->getRequestId() !== null),
                default => matches($name, $value, $error->{GETTERS[$name]}()),
            });
        }
        $shown = $error . print_r($error, true) . var_export($error, true) . serialize($error);
        foreach ([$this->sandbox->info['apiv3_key'], ...$case['secrets']] as $secret) {
            if (str_contains($shown, $secret)) {
                $problems[] = "the error {$error->getErrorCode()} shows the secret that begins " . substr($secret, 0, 4);
            }
        }
        return $problems;
    }

    private function checkWire(array $wanted, array $received): array
    {
        if (count($wanted) !== count($received)) {
            return ['wire: expected ' . count($wanted) . ' requests, the sandbox received ' . show($received)];
        }
        $problems = [];
        foreach ($wanted as $at => $expected) {
            $entry = $received[$at];
            foreach (['authorized' => true, ...(array) $expected] as $name => $value) {
                array_push($problems, ...match ($name) {
                    'body_contains' => contains($name, $value, $entry['body'], true),
                    'body_json' => missing($name, $value, read_json($entry['body'])),
                    'understood' => missing($name, $value, $entry['understood']),
                    'headers' => array_merge(...array_map(
                        fn ($header, $text) => matches($header, $text, $entry['headers'][$header] ?? null),
                        array_keys($value),
                        $value,
                    )),
                    'authorized', 'host', 'method', 'status', 'target', 'body' => matches($name, $value, $entry[$name]),
                });
            }
        }
        return $problems;
    }

    /** Puts values in the place of ${...} in every text. */
    private function fill(mixed $value): mixed
    {
        if (is_array($value)) {
            return array_map($this->fill(...), $value);
        }
        if (!is_string($value)) {
            return $value;
        }
        return preg_replace_callback('/\$\{([^}]*)\}/', fn ($found) => $this->placeholder($found[1]), $value);
    }

    private function placeholder(string $name): string
    {
        [$kind, $rest] = explode('/', $name, 2) + [1 => null];
        return match (true) {
            $rest === null => $this->sandbox->info[$name],
            $kind === 'reply' => $this->last[$rest],
            $kind === 'vectors' => file_get_contents("$this->tests/vectors/$rest"),
            $kind === 'path' => "$this->tests/vectors/$rest",
            $kind === 'scratch' => "$this->scratch/$rest",
            $kind === 'file' => file_get_contents($this->sandbox->info[$rest]),
        };
    }
}

/** The generated method; null for an id that there is not. */
function method_of(Client $client, string $id): ?callable
{
    if (!in_array($id, array_column(Client::operations(), 'id'), true)) {
        return null;
    }
    $steps = array_map(fn ($words) => lcfirst(str_replace('_', '', ucwords($words, '_'))), explode('.', $id));
    $method = array_pop($steps);
    return [array_reduce($steps, fn ($here, $step) => $here->$step, $client), $method];
}

/** What holds of every request that any client of ours sends. */
function always(array $headers): array
{
    $holds = str_starts_with($headers['user-agent'] ?? '', 'wechatpay-sdk/')
        && ($headers['accept'] ?? '') === 'application/json'
        && !isset($headers['accept-encoding'])
        && preg_match('/^[0-9A-Za-z]{32}$/D', $headers['authorization']['nonce_str'] ?? '') === 1;
    return $holds ? [] : ['headers: ' . show($headers)];
}
