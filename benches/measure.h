/* What the C programs of this folder have in common: clocks, and what they print. */
#ifndef BENCHES_MEASURE_H
#define BENCHES_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <wechatpay.h>

static inline void must(wechatpay_error *error) {
    if (error != NULL) {
        fprintf(stderr, "%s\n", wechatpay_error_text(error));
        exit(1);
    }
}

static inline double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

static inline double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static inline double wall(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline void report(long count, double elapsed, double used) {
    printf("{\"cpu_us\": %f, \"wall_us\": %f, \"calls_per_second\": %f}\n", used / (double)count * 1e6,
           elapsed / (double)count * 1e6, (double)count / elapsed);
}

#endif
