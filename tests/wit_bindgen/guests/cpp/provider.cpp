// A provider in C++, with containers and views of its standard library.

#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "provider_cpp.h"

namespace words = exports::meld::cpp::words;

// The library's last words go to stderr; without them the component needs no system interface.
extern "C" [[noreturn]] void __abort_message(char const *, ...) {
    __builtin_trap();
}

[[noreturn]] void std::__libcpp_verbose_abort(char const *, ...) noexcept {
    __builtin_trap();
}

wit::vector<words::Entry> words::Count(wit::string text) {
    std::map<std::string, uint32_t> counts;
    std::string_view rest = text.get_view();
    while (!rest.empty()) {
        auto end = std::min(rest.find(' '), rest.size());
        counts[std::string(rest.substr(0, end))]++;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    auto entries = wit::vector<Entry>::allocate(counts.size());
    size_t i = 0;
    for (auto const &[word, count] : counts) {
        entries.initialize(i++, Entry{wit::string::from_view(word), count});
    }
    return entries;
}

std::optional<wit::string> words::Longest(wit::vector<wit::string> words) {
    std::string_view longest;
    for (auto const &word : words.get_view()) {
        if (word.size() > longest.size()) longest = word.get_view();
    }
    if (longest.empty()) return std::nullopt;
    return wit::string::from_view(longest);
}

wit::vector<uint64_t> words::Squares(uint32_t n) {
    std::vector<uint64_t> squares;
    for (uint64_t i = 0; i < n; i++) squares.push_back(i * i);
    return wit::vector<uint64_t>::from_view(std::span(squares));
}

std::expected<int32_t, wit::string> words::Parse(wit::string s) {
    int32_t number;
    auto [end, error] = std::from_chars(s.begin(), s.end(), number);
    if (error == std::errc() && end == s.end()) return number;
    return std::unexpected(wit::string::from_view("not a number: " + s.to_string()));
}
