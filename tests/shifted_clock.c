/*
 * The clock of `make test-at`: adds CLOCK_SHIFT_SECONDS to the time of day, in every process that preloads it.
 *
 * Clocks that measure how long something takes are left alone. libfaketime 0.9.10 is no replacement: with it, Python's
 * time.sleep fails, or waits with a timeout last as long as the shift.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift_seconds(void)
{
    const char *given = getenv("CLOCK_SHIFT_SECONDS");
    return given ? atol(given) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *found)
{
    static long seconds;
    static int is_known;
    int failed = (int)syscall(SYS_clock_gettime, clock, found);
    if (!is_known) {
        seconds = shift_seconds();
        is_known = 1;
    }
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        found->tv_sec += seconds;
    return failed;
}

int gettimeofday(struct timeval *restrict found, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    found->tv_sec = now.tv_sec;
    found->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *found)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (found)
        *found = now.tv_sec;
    return now.tv_sec;
}
