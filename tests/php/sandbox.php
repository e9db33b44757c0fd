<?php

declare(strict_types=1);

/** A running sandbox and its admin listener. */
final class Sandbox
{
    /** What it says of itself. */
    public readonly array $info;

    /** @var resource */
    private $process;

    private string $directory;

    public function __construct()
    {
        $binary = getenv('WECHATPAY_BIN');
        if (!$binary) {
            fwrite(STDERR, "WECHATPAY_BIN must name the wechatpay command (cargo build -p wechatpay-cli)\n");
            exit(2);
        }
        $this->directory = sys_get_temp_dir() . '/wechatpay-php-' . getmypid() . '-' . bin2hex(random_bytes(4));
        mkdir($this->directory, 0700);
        $command = [$binary, 'sandbox', '--dir', $this->directory];
        $this->process = proc_open($command, [1 => ['pipe', 'w']], $pipes);
        $line = fgets($pipes[1]) ?: throw new RuntimeException('the sandbox does not start');
        $this->info = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    }

    public function __destruct()
    {
        proc_terminate($this->process);
        proc_close($this->process);
        $inside = new RecursiveDirectoryIterator($this->directory, FilesystemIterator::SKIP_DOTS);
        foreach (new RecursiveIteratorIterator($inside, RecursiveIteratorIterator::CHILD_FIRST) as $path => $entry) {
            $entry->isDir() ? rmdir($path) : unlink($path);
        }
        rmdir($this->directory);
    }

    public function admin(string $method, string $path, mixed $body = null): mixed
    {
        $http = ['method' => $method, 'timeout' => 30, 'header' => 'Connection: close'];
        if ($body !== null) {
            $http['content'] = json_encode($body, JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
            $http['header'] = "Content-Type: application/json\r\nConnection: close";
        }
        $reply = file_get_contents($this->info['admin_url'] . $path, false, stream_context_create(['http' => $http]));
        return $reply === false ? throw new RuntimeException("$method $path") : read_json($reply);
    }

    /** A new folder, which goes with the sandbox. */
    public function scratch(): string
    {
        static $count = 0;
        $folder = "$this->directory/scratch-" . $count++;
        mkdir($folder, 0700);
        return $folder;
    }

    /** The options that a case starts from, some replaced, or left out where null. */
    public function options(array $changed = []): array
    {
        $names = 'mchid serial_no merchant_private_key_path public_key_id platform_public_key_path apiv3_key base_url '
            . 'backup_url';
        $same = array_intersect_key($this->info, array_flip(explode(' ', $names)));
        return array_filter([...$same, 'timeout' => 10, 'cool_down' => 0.0001, ...$changed], fn ($value) => $value !== null);
    }
}
