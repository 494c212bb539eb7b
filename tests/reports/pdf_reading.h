// Reads PDFs with the programs of poppler-utils: what a person's viewer would find in them.
#pragma once

#include <stdio.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace pdf_reading {

/// `program` (pdftotext, pdfinfo, pdffonts) with its options on the bytes; its output.
inline std::string output_of(const std::string& program, const std::string& pdf) {
    const support::TemporaryDirectory folder;
    std::ofstream(folder / "a.pdf", std::ios::binary) << pdf;
    const bool is_text = program.starts_with("pdftotext");
    const std::string command =
        "TZ=UTC " + program + " '" + (folder / "a.pdf") + "'" + (is_text ? " -" : "");
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen");
    std::string output(1 << 16, '\0');
    std::string all;
    for (std::size_t count; (count = ::fread(output.data(), 1, output.size(), pipe)) > 0;) {
        all.append(output, 0, count);
    }
    if (::pclose(pipe) != 0) throw std::runtime_error(command + " failed");
    return all;
}

/// As it stands on the page, line by line; without marks of direction.
inline std::string text_of(const std::string& pdf) {
    std::string text = output_of("pdftotext -layout", pdf);
    for (const char* mark : {"\u202a", "\u202b", "\u202c"}) {
        for (std::size_t at; (at = text.find(mark)) != std::string::npos;) text.erase(at, 3);
    }
    return text;
}

inline std::vector<std::string> pages_of(const std::string& pdf) {
    std::vector<std::string> pages;
    const std::string text = text_of(pdf);
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\f', start), text.size());
        pages.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return pages;
}

/// Without any blank: names that are broken into lines are whole again.
inline std::string without_blanks(std::string text) {
    std::erase_if(text, [](char sign) { return sign == ' ' || sign == '\n' || sign == '\f'; });
    return text;
}

}  // namespace pdf_reading
