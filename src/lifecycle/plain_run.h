// The loop that every JSON text and megabytes of prompts and base64 go through: how far a JSON
// string is nothing but plain ASCII, sixteen bytes at a time where the processor can.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>

namespace lifecycle {

/// Neither quote, backslash, control nor part of a longer UTF-8 sequence.
constexpr bool is_plain(char c) {
    return static_cast<signed char>(c) >= 0x20 && c != '"' && c != '\\';
}

/// The first byte in [at, end) that is not plain: the loop that megabytes go through.
inline const char* skip_plain(const char* at, const char* end) {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);
    for (; end - at >= 16; at += 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        // Signed comparison: controls and every byte from 0x80 on are below the space.
        const __m128i stop = _mm_or_si128(
            _mm_cmplt_epi8(block, space),
            _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)));
        const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(stop));
        if (mask != 0) return at + std::countr_zero(mask);
    }
#endif
    while (at < end && is_plain(*at)) ++at;
    return at;
}

}  // namespace lifecycle
