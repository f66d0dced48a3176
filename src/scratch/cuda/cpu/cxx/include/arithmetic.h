// Conversions, shifts and extremes as a GPU has them, where C++ leaves them open.
//
//   to<T>(a), To<T>() ->* a      (T)a of a real number: the nearest that T has, nan is 0
//   place(x) += a                x = to<X>(x + a)
//   a << by << n                 a << n, 0 from 32 on
//
// The signs are chosen so that rewriting a text needs no look at its operands: ->* binds
// as tightly as a cast, and a << by << n is (a << by) << n.
#pragma once
#include <type_traits>
#include <utility>

namespace scratch_ {

template<class T> constexpr bool whole = std::is_integral_v<T> && !std::is_same_v<T, bool>;

template<class T, class V> constexpr T to(V a)   // as PTX's cvt.rzi; fewer bits: cut off
{
    if constexpr (whole<T> && std::is_floating_point_v<V>) {
        using Wide = std::conditional_t<sizeof(T) == 8,
            std::conditional_t<std::is_unsigned_v<T>, uint64_t, int64_t>,
            std::conditional_t<std::is_unsigned_v<T>, uint32_t, int32_t>>;
        constexpr int bits = 8 * sizeof(Wide);
        constexpr bool sign = std::is_signed_v<Wide>;
        constexpr Wide least = sign ? (Wide)((uint64_t)1 << (bits - 1)) : 0;
        constexpr Wide most = sign ? (Wide)~least : ~(Wide)0;
        constexpr V end = (V)((uint64_t)1 << (bits - 2)) * (sign ? 2 : 4);
        constexpr bool zero = std::is_same_v<V, float> && bits == 32;
        return (T)(a != a ? (zero ? (Wide)0 : (Wide)((uint64_t)1 << (bits - 1)))
                   : a <= (V)least ? least : a >= end ? most : (Wide)a);
    } else {
        return (T)a;
    }
}

template<class T> struct To {
    template<class V> constexpr T operator()(V &&a) const
    {
        if constexpr (std::is_arithmetic_v<std::decay_t<V>> && std::is_arithmetic_v<T>) return to<T>(a);
        else return (T)std::forward<V>(a);
    }
};
template<class F, class G> struct Then {         // first F, then G
    F f;
    G g;
    template<class V> constexpr auto operator()(V &&a) const
    {
        return g(f(std::forward<V>(a)));
    }
};
template<class T> struct Converts : std::false_type {};
template<class T> struct Converts<To<T>> : std::true_type {};
template<class F, class G> struct Converts<Then<F, G>> : std::true_type {};

template<class F, class V, class = std::enable_if_t<Converts<F>::value>>
constexpr decltype(auto) operator->*(F f, V &&a)                  // (int)(char)a is (int ->* char) ->* a
{
    if constexpr (Converts<std::decay_t<V>>::value) return Then<std::decay_t<V>, F>{a, f};
    else return f(std::forward<V>(a));
}
#define UNARY(NAME, SIGN) \
    struct NAME { template<class V> constexpr auto operator()(V a) const { return SIGN a; } }; \
    template<class F> constexpr std::enable_if_t<Converts<F>::value, Then<F, NAME>> \
    operator SIGN(F f) { return {f, {}}; }
UNARY(Minus, -)                          // -(int)a is (-int) ->* a
UNARY(Plus, +)
UNARY(Not, !)
UNARY(Flip, ~)
#undef UNARY

template<class V> struct Soft {          // to whatever type is wanted of it
    V value;
    template<class T> constexpr operator T() const { return to<T>(value); }
};
template<class V> constexpr Soft<V> soft(V a) { return {a}; }

template<class T> struct Place { T &x; };
template<class T> Place<T> place(T &x) { return {x}; }
#define UPDATE(SIGN) template<class T, class V> T &operator SIGN##=(Place<T> p, V a) \
    { return p.x = to<T>(p.x SIGN a); }
UPDATE(+) UPDATE(-) UPDATE(*) UPDATE(/)
#undef UPDATE

// ---- shifts --------------------------------------------------------------------------

struct By {};
constexpr By by{};
template<class T> struct Left { const T &a; };
template<class T> struct Right { const T &a; };
template<class T> struct Amount { T n; };
template<class T> constexpr Left<T> operator<<(const T &a, By) { return {a}; }
template<class T> constexpr Right<T> operator>>(const T &a, By) { return {a}; }
template<class N> constexpr Amount<N> operator<<=(By, N n) { return {n}; }
template<class N> constexpr Amount<N> operator>>=(By, N n) { return {n}; }

template<class T, class N> constexpr bool numbers =
    (std::is_integral_v<T> || std::is_enum_v<T>) && (std::is_integral_v<N> || std::is_enum_v<N>);

template<class T, class N> constexpr decltype(auto) operator<<(Left<T> left, const N &n)
{
    if constexpr (numbers<T, N>) {
        using R = decltype(+left.a);
        return (uint32_t)n < 8 * sizeof(R) ? (R)(left.a << n) : (R)0;
    } else {
        return left.a << n;
    }
}
template<class T, class N> constexpr decltype(auto) operator>>(Right<T> right, const N &n)
{
    if constexpr (numbers<T, N>) {
        using R = decltype(+right.a);
        return (uint32_t)n < 8 * sizeof(R) ? (R)(right.a >> n) : (R)(right.a < 0 ? -1 : 0);
    } else {
        return right.a >> n;
    }
}
template<class T, class N> constexpr decltype(auto) operator<<=(T &a, Amount<N> by_)
{
    if constexpr (numbers<T, N>) return a = (T)(a << by << by_.n);
    else return a <<= by_.n;
}
template<class T, class N> constexpr decltype(auto) operator>>=(T &a, Amount<N> by_)
{
    if constexpr (numbers<T, N>) return a = (T)(a >> by >> by_.n);
    else return a >>= by_.n;
}

}    // namespace scratch_
