// Volatile numbers in shared memory: a race of two threads is an error, and no result.
#pragma once

namespace scratch_ {

struct Users {                           // of a number; 0 is nobody, and all ones several
    unsigned thread, warp;
    uint64_t when;
    void add(unsigned t)
    {
        if (thread != t + 1) thread = thread ? ~0u : t + 1;
        if (warp != t / 32 + 1) warp = warp ? ~0u : t / 32 + 1;
        when = warp_meetings[t / 32];
    }
    bool race(unsigned t) const          // have they not met thread t since?
    {
        return thread && thread != t + 1
            && !(warp == t / 32 + 1 && when < warp_meetings[t / 32]);
    }
};
struct Watched { const void *at; uint64_t meeting; Users stored, loaded; };
constexpr size_t WATCHED = 1 << 17;      // more than shared memory has bytes
inline Watched watched[WATCHED];

static void touch(const void *at, bool stores)
{
    static const void *last;
    static int by, looks;
    looks = last == at && by == now && !stores ? looks + 1 : 0;
    last = at;
    by = now;
    if (looks > 1 << 16) yield(0, "");   // waits for what another thread stores
    size_t n = (uintptr_t)at * 0x9E3779B97F4A7C15u >> 47;
    while (watched[n].meeting == meetings && watched[n].at != at) n = (n + 1) % WATCHED;
    if (watched[n].meeting != meetings) watched[n] = {at, meetings, {}, {}};
    Watched &w = watched[n];
    if (stores ? w.loaded.race(now) : w.stored.race(now)) fail(STEP);
    (stores ? w.stored : w.loaded).add(now);
}

template<class T> class Volatile {
    T held;
public:
    Volatile() = default;
    Volatile(const Volatile &a) : held((T)a) {}
    operator T() const { touch(this, false); return held; }
    Volatile &operator=(const Volatile &a) { return *this = (T)a; }
    Volatile &operator=(T a) { touch(this, true); held = a; return *this; }
    template<class U> Volatile &operator+=(const U &a) { return *this = to<T>((T)*this + a); }
    template<class U> Volatile &operator-=(const U &a) { return *this = to<T>((T)*this - a); }
    template<class U> Volatile &operator*=(const U &a) { return *this = to<T>((T)*this * a); }
    template<class U> Volatile &operator/=(const U &a) { return *this = to<T>((T)*this / a); }
    template<class U> Volatile &operator&=(const U &a) { return *this = (T)((T)*this & a); }
    template<class U> Volatile &operator|=(const U &a) { return *this = (T)((T)*this | a); }
    template<class U> Volatile &operator^=(const U &a) { return *this = (T)((T)*this ^ a); }
    Volatile &operator++() { return *this = (T)((T)*this + 1); }
    Volatile &operator--() { return *this = (T)((T)*this - 1); }
    T operator++(int) { const T a = *this; *this = (T)(a + 1); return a; }
    T operator--(int) { const T a = *this; *this = (T)(a - 1); return a; }
};

}
