--TEST--
Files to upload: from paths, bytes and streams, each as it is; nothing of them stays behind
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
require __DIR__ . '/folder.inc';
use WechatPay\Client;

const UPLOAD = 'merchant_service.images.upload';

$client = new Client(options());
$bytes = "\xff\xd8\xff" . random_bytes(200_000);
$folder = temporary_folder();
$path = "$folder/证据.jpg";
file_put_contents($path, $bytes);

function stream(string $bytes): mixed
{
    $stream = fopen('php://temp', 'r+b');
    fwrite($stream, $bytes);
    rewind($stream);
    return $stream;
}

/** Gives what it reads in small pieces, and is of no file. */
final class Slow
{
    public static string $left = '';
    public static ?Closure $then = null;
    public $context;

    public function stream_open(): bool
    {
        return true;
    }

    public function stream_read(int $count): string
    {
        if (self::$then && strlen(self::$left) < 5000) {
            (self::$then)();
        }
        $piece = substr(self::$left, 0, 1000);
        self::$left = substr(self::$left, strlen($piece));
        return $piece;
    }

    public function stream_eof(): bool
    {
        return self::$left === '';
    }

    public function stream_stat(): array
    {
        return [];
    }
}
stream_wrapper_register('slow', Slow::class);
Slow::$left = $bytes;
$moved = stream("before$bytes");
fseek($moved, strlen('before'));
$referred = stream($bytes);

$forms = [
    'a path' => ['path' => $path],
    'a path under another name' => ['path' => $path, 'filename' => 'other.png'],
    'an SplFileInfo' => new SplFileInfo($path),
    'an SplFileObject' => new SplFileObject($path),
    'bytes' => ['filename' => 'bytes.jpg', 'content' => $bytes],
    'a stream' => ['filename' => 'stream.jpg', 'content' => stream($bytes)],
    'what a stream still holds' => ['filename' => 'moved.jpg', 'content' => $moved],
    'an open file' => ['filename' => 'file.jpg', 'content' => fopen($path, 'rb')],
    'a stream of PHP code' => ['filename' => 'slow.jpg', 'content' => fopen('slow://', 'rb')],
    'a reference' => ['filename' => 'reference.jpg', 'content' => &$referred],
];
foreach ($forms as $what => $file) {
    fresh();
    $given = ['file' => $file];
    $media = $client->merchantService->images->upload($given);
    check(isset($media['media_id']), $what);
    check(left_in($folder) === ['证据.jpg'], "$what: the temporary file is gone");
    $entry = journal()[0];
    $received = $entry['form']['file'];
    check($received['sha256'] === hash('sha256', $bytes), "$what: every byte");
    $meta = ['sha256' => hash('sha256', $bytes), 'filename' => $received['filename']];
    check($entry['form']['meta'] == $meta, "$what: its meta");
    check($given['file'] === $file, "$what: the array of the caller stays what it is");
    echo "$what: {$received['filename']}, {$received['content_type']}\n";
}
check(ftell($forms['a stream']['content']) === strlen($bytes), 'a stream stays open, at its end');

echo "It may be sent twice:\n";
fresh();
fault('reset', ['after' => 'work']);
$file = ['filename' => 'twice.jpg', 'content' => stream($bytes)];
$client->withOptions(['retry' => 'idempotent'])->call(UPLOAD, ['file' => $file]);
echo count(journal()), ' ', left_in($folder) === ['证据.jpg'] ? 'gone' : 'left', "\n";

echo "A large file is never held in memory:\n";
ftruncate(fopen("$folder/large.mp4", 'wb'), 48 << 20);
[, $output] = run_php('
    $client = new WechatPay\Client(options());
    $client->merchantService->images->upload(["file" => ["filename" => "x.jpg", "content" => "x"]]);
    $peak = fn (): int => (int) preg_replace("/.*VmHWM:\s*(\d+) kB.*/s", "$1", file_get_contents("/proc/self/status"));
    $before = $peak();
    $client->merchantService->images->upload(["file" => ["path" => getenv("TMPDIR") . "/large.mp4"]]);
    echo $peak() - $before < 8 << 10 ? "so" : "not so";
');
unlink("$folder/large.mp4");
echo "$output\n";

echo "What cannot be one is refused, and nothing is left:\n";
fresh();
$closed = stream('x');
fclose($closed);
$writeonly = fopen("$folder/writeonly", 'wb');
$wrong = [
    ['path' => "$folder/missing.jpg"],
    ['path' => $folder],
    ['path' => $path, 'filename' => ''],
    new SplFileInfo("$folder/missing.jpg"),
    ['filename' => 'x.jpg', 'content' => stream('')],
    ['filename' => 'x.jpg', 'content' => $closed],
    ['filename' => 'x.jpg', 'content' => stream_context_create()],
    ['filename' => 'x.jpg', 'content' => $writeonly],
    ['filename' => 'x.jpg', 'content' => 7],
    ['filename' => "\xff.jpg", 'content' => stream('x')],
    ['filename' => 'x.jpg', 'content' => stream('x'), 'more' => 1],
    stream('x'),
    'a text',
];
foreach ($wrong as $file) {
    $thrown = thrown(fn () => @$client->call(UPLOAD, ['file' => $file]));
    echo $thrown->getErrorCode(), ': ', str_replace($folder, '...', $thrown->getField() . ' ' . $thrown->getIssue()), "\n";
}
Slow::$left = $bytes;
Slow::$then = fn () => throw new DomainException('of the stream');
$thrown = thrown(fn () => $client->call(UPLOAD, ['file' => ['filename' => 'x', 'content' => fopen('slow://', 'rb')]]));
echo $thrown::class, ' ', $thrown->getMessage(), "\n";
$path_of = new class ($path) extends SplFileInfo {
    public function getPathname(): string
    {
        throw new DomainException('of the file');
    }
};
echo thrown(fn () => $client->call(UPLOAD, ['file' => $path_of]))->getMessage(), "\n";
check(journal() === [], 'nothing was sent');
fault('status', ['status' => 403, 'body' => ['code' => 'NO_AUTH', 'message' => '-']]);
echo thrown(fn () => $client->call(UPLOAD, ['file' => ['filename' => 'x', 'content' => stream($bytes)]]))->getErrorCode(), "\n";
check(left_in($folder) === ['writeonly', '证据.jpg'], 'nothing is left');

echo "Nor when the program ends meanwhile:\n";
foreach (['exit(3);', 'str_repeat("x", 1 << 30);'] as $end) {
    [$code, $output] = run_php('
        ini_set("display_errors", "0");
        $stream = fopen("php://temp", "r+b");
        fwrite($stream, str_repeat("x", 100000));
        rewind($stream);
        $client = new WechatPay\Client(options(["on_attempt" => function () {
            echo count(glob(getenv("TMPDIR") . "/php*")), " file";
            ' . $end . '
        }]));
        $client->merchantService->images->upload(["file" => ["filename" => "x.jpg", "content" => $stream]]);
        echo "not reached";
    ');
    echo "$code, $output, then ", count(left_in($folder)) - 2, "\n";
}
?>
--EXPECT--
a path: 证据.jpg, image/jpeg
a path under another name: other.png, image/png
an SplFileInfo: 证据.jpg, image/jpeg
an SplFileObject: 证据.jpg, image/jpeg
bytes: bytes.jpg, image/jpeg
a stream: stream.jpg, image/jpeg
what a stream still holds: moved.jpg, image/jpeg
an open file: file.jpg, image/jpeg
a stream of PHP code: slow.jpg, image/jpeg
a reference: reference.jpg, image/jpeg
It may be sent twice:
2 gone
A large file is never held in memory:
so
What cannot be one is refused, and nothing is left:
unreadable_file: file.path cannot be read: .../missing.jpg: No such file or directory (os error 2)
unreadable_file: file.path cannot be read: ...: it is a directory
empty_field: file.filename is required, but empty
unreadable_file: file.path cannot be read: .../missing.jpg: No such file or directory (os error 2)
empty_file: file is a file without a single byte
bad_argument: file.content must be text, a number, a boolean or an array, not a resource
bad_argument: file.content must be text, a number, a boolean or an array, not a resource
bad_argument: file cannot be copied into a temporary file
wrong_type: file must be a file: a path, or a filename and its content, but content is missing
bad_argument: file.filename must be UTF-8; files are ['filename' => ..., 'content' => ...]
bad_argument: file.content must be text, a number, a boolean or an array, not a resource
bad_argument: file must be text, a number, a boolean or an array, not a resource
wrong_type: file must be a file: a path, or a filename and its content, but is neither
DomainException of the stream
of the file
NO_AUTH
Nor when the program ends meanwhile:
3, 1 file, then 0
255, 1 file, then 0
