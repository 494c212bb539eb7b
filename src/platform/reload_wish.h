// The wish to read the configuration again: SIGHUP becomes a descriptor to wait on.
#pragma once

namespace platform {

/// One per process.
class ReloadWish {
  public:
    ReloadWish();
    ~ReloadWish();  // the earlier handler comes back
    ReloadWish(const ReloadWish&) = delete;
    ReloadWish& operator=(const ReloadWish&) = delete;

    /// Readable while there is one that nobody has taken.
    int descriptor() const;
    /// True: there was one; several that came before are one.
    bool take();
};

}  // namespace platform
