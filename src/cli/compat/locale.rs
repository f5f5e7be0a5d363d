//! The locale: Ansible's tools refuse any whose encoding is not UTF-8.

use std::ffi::CStr;

/// The error of Ansible's tools for this process's locale, if they refuse it.
pub(super) fn refusal() -> Option<String> {
    let given = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    // Python takes the encoding of `C.UTF-8` where nothing but the plain locale is asked for.
    let own = given("LC_CTYPE").or_else(|| given("LANG"));
    let coerced = given("LC_ALL").is_none() && own.is_none_or(|name| name == "C" || name == "POSIX");
    let Some(encoding) = encoding() else {
        return Some(
            "ERROR: Ansible could not initialize the preferred locale: unsupported locale setting".to_owned(),
        );
    };
    let detected = match encoding.as_str() {
        "UTF-8" => return None,
        _ if coerced => return None,
        "ANSI_X3.4-1968" => "None".to_owned(),
        other => other.replace("ISO-8859", "ISO8859"),
    };
    Some(format!("ERROR: Ansible requires the locale encoding to be UTF-8; Detected {detected}."))
}

/// The encoding of the locale that the environment names; none where that locale is not there.
fn encoding() -> Option<String> {
    // SAFETY: the name is a C string, no locale is given to be changed, and nobody changes the environment meanwhile.
    let locale = unsafe { libc::newlocale(libc::LC_ALL_MASK, c"".as_ptr(), std::ptr::null_mut()) };
    if locale.is_null() {
        return None;
    }
    // SAFETY: the locale is valid, and so is the text it gives until the locale is freed.
    let encoding = unsafe { CStr::from_ptr(libc::nl_langinfo_l(libc::CODESET, locale)) };
    let encoding = encoding.to_string_lossy().into_owned();
    // SAFETY: the locale is ours and not used any more.
    unsafe { libc::freelocale(locale) };
    Some(encoding)
}
