/* A wall clock that is wrong by as many seconds as a file says, for the programs that are started with LD_PRELOAD=THIS:

       cc -shared -fPIC -O2 -o wrong_clock.so wrong_clock.c
       python3 -c 'import struct; print(end=struct.pack("q", 40 * 86400).decode())' >/run/wrong_clock

   A container has the clock of its host, and a name space of time has no wall clock. libfaketime 0.9.10 breaks waits by
   the monotonic clock (EINVAL), so that no thread of Python's could sleep. This one leaves every other clock alone, and a
   change of the file is the jump of a running program's clock: it is mapped, so that no call and no right is needed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_s;
static int (*real_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    int file = open("/run/wrong_clock", O_RDONLY | O_CLOEXEC);
    void *page = file < 0 ? MAP_FAILED : mmap(0, sizeof *ahead_s, PROT_READ, MAP_SHARED, file, 0);
    ahead_s = page == MAP_FAILED ? 0 : page;
    if (file >= 0)
        close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real_clock)
        real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real_clock(clock, now);
    if (!failed && ahead_s && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *ahead_s;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec fine;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &fine))
        return -1;
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *seconds) {
    struct timespec fine;
    if (clock_gettime(CLOCK_REALTIME, &fine))
        return -1;
    if (seconds)
        *seconds = fine.tv_sec;
    return fine.tv_sec;
}
