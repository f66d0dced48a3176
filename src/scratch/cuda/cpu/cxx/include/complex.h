// pycuda::complex, on C++'s own complex numbers.
#pragma once
#include <complex>

namespace pycuda {
template<class T> struct complex {
    T _M_re, _M_im;
    typedef T value_type;
    complex() : _M_re(0), _M_im(0) {}
    complex(T re, T im = 0) : _M_re(re), _M_im(im) {}
    template<class U> complex(const complex<U> &z) : _M_re(z._M_re), _M_im(z._M_im) {}
    complex(const std::complex<T> &z) : _M_re(z.real()), _M_im(z.imag()) {}
    operator std::complex<T>() const { return std::complex<T>(_M_re, _M_im); }
    T real() const { return _M_re; }
    T imag() const { return _M_im; }
    complex operator-() const { return complex(-_M_re, -_M_im); }
    complex operator+() const { return *this; }
    friend complex operator+(complex a, complex b)
    {
        return complex(a._M_re + b._M_re, a._M_im + b._M_im);
    }
    friend complex operator-(complex a, complex b)
    {
        return complex(a._M_re - b._M_re, a._M_im - b._M_im);
    }
    friend complex operator*(complex a, complex b)
    {
        return complex(a._M_re * b._M_re - a._M_im * b._M_im,
                       a._M_re * b._M_im + a._M_im * b._M_re);
    }
    friend complex operator/(complex a, complex b)   // scaled: no square is too large
    {
        const bool flat = fabs(b._M_re) >= fabs(b._M_im);
        const T r = flat ? b._M_im / b._M_re : b._M_re / b._M_im;
        const T n = flat ? b._M_re + b._M_im * r : b._M_re * r + b._M_im;
        return flat ? complex((a._M_re + a._M_im * r) / n, (a._M_im - a._M_re * r) / n)
                    : complex((a._M_re * r + a._M_im) / n, (a._M_im * r - a._M_re) / n);
    }
    friend bool operator==(complex a, complex b)
    {
        return a._M_re == b._M_re && a._M_im == b._M_im;
    }
    friend bool operator!=(complex a, complex b) { return !(a == b); }
    complex &operator+=(complex b) { return *this = *this + b; }
    complex &operator-=(complex b) { return *this = *this - b; }
    complex &operator*=(complex b) { return *this = *this * b; }
    complex &operator/=(complex b) { return *this = *this / b; }
};
template<class T> T real(complex<T> z) { return z._M_re; }
template<class T> T imag(complex<T> z) { return z._M_im; }
template<class T> T abs(complex<T> z) { return std::hypot(z._M_re, z._M_im); }
template<class T> T norm(complex<T> z) { return z._M_re * z._M_re + z._M_im * z._M_im; }
template<class T> T arg(complex<T> z) { return std::atan2(z._M_im, z._M_re); }
template<class T> complex<T> conj(complex<T> z) { return complex<T>(z._M_re, -z._M_im); }
template<class T> complex<T> polar(T r, T a = 0) { return complex<T>(r * std::cos(a), r * std::sin(a)); }
#define OF_ONE(NAME) template<class T> complex<T> NAME(complex<T> z) \
    { return std::NAME((std::complex<T>)z); }
OF_ONE(exp) OF_ONE(log) OF_ONE(log10) OF_ONE(sqrt) OF_ONE(sin) OF_ONE(cos) OF_ONE(tan)
OF_ONE(sinh) OF_ONE(cosh) OF_ONE(tanh)
#undef OF_ONE
template<class T> complex<T> pow(complex<T> z, int n) { return std::pow((std::complex<T>)z, n); }
template<class T> complex<T> pow(complex<T> z, T n) { return std::pow((std::complex<T>)z, n); }
template<class T> complex<T> pow(complex<T> z, complex<T> w)
{
    return std::pow((std::complex<T>)z, (std::complex<T>)w);
}
template<class T> complex<T> pow(T a, complex<T> w) { return std::pow(a, (std::complex<T>)w); }
}
