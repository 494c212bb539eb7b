# Writes OUTPUT: every file of FILES as text, by its name.
set(TEXT "// Made from reports/ at build time.\n#include \"reports/templates.h\"\n\nnamespace reports {\n\nconst std::map<std::string, std::string, std::less<>>& embedded_templates() {\n    static const std::map<std::string, std::string, std::less<>> templates = {\n")
foreach(FILE ${FILES})
    get_filename_component(NAME ${FILE} NAME)
    file(READ ${FILE} CONTENT)
    string(APPEND TEXT "        {\"${NAME}\", R\"template(${CONTENT})template\"},\n")
endforeach()
string(APPEND TEXT "    };\n    return templates;\n}\n\n}  // namespace reports\n")
file(WRITE ${OUTPUT} "${TEXT}")
