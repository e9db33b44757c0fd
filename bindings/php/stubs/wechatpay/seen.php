<?php

namespace WechatPay;

/**
 * Lets each notification be processed once.
 *
 * `claim` first. True: it is yours, process it, then say `done`, or `release` where that failed. False: it has been
 * processed, so acknowledge it. An exception: somebody else is just processing it (`seen_busy`), or the store cannot
 * tell (`seen_store`); answer with `Notifications::failure()`, and it comes again. A claim holds for two minutes: whoever
 * is killed meanwhile loses nothing. It cannot be cloned or serialized.
 */
final class Seen
{
    private function __construct() {}

    /**
     * A store in the memory of this worker, kept between its requests. php-fpm has several workers, each with its own:
     * there use `redis`.
     *
     * @param float $seconds how long it keeps ids, at most a year
     * @throws Exception\ConfigException
     */
    public static function memory(float $seconds = 172800.0): Seen {}

    /**
     * A store in a Redis, for all that use it; its connection is kept between requests. Nothing is sent yet.
     *
     * @param string $url `redis://user:password@host:6379/0`, with TLS `rediss://...`; all but the host may be missing
     * @param float $seconds how long it keeps ids, at most a year
     * @throws Exception\ConfigException
     */
    public static function redis(string $url, float $seconds = 172800.0): Seen {}

    /**
     * Whether the notification with this id is yours; of any number that ask at once, it is one's.
     *
     * @throws Exception\WechatPayException
     */
    public function claim(string $id): bool {}

    /**
     * It has been processed. Where this throws, it has been all the same: acknowledge it.
     *
     * @throws Exception\WechatPayException
     */
    public function done(string $id): void {}

    /**
     * Processing failed: the next delivery may have it. Where this throws, it may so after two minutes.
     *
     * @throws Exception\WechatPayException
     */
    public function release(string $id): void {}
}
