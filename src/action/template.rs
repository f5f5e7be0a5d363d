//! `template`: renders a file of the controller's and puts it on the target.

use super::place::Content;
use super::{Action, BoxFuture, Context, Effect, Overlay, arg, copy, flag, search, text};
use crate::connect::CallError;
use crate::error::{Error, Result, Span};
use crate::template::FileOptions;
use crate::value::{Key, Map, Text, Value, Vars, read_source};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use warp_agent::encoding::Encoding;
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    file_args: true,
    ..Spec::new(
        "template",
        "Renders a template of the controller's and puts it on the target.",
        &[
            Arg::new("src", Kind::Str).required().help("The template."),
            Arg::new("dest", Kind::Str).required().help("Where to."),
            Arg::new("backup", Kind::Bool).default("false").help("Keep a copy of what is replaced."),
            Arg::new("force", Kind::Bool).default("true").help("Replace what differs."),
            Arg::new("validate", Kind::Str).help("A command that looks the new content over."),
            Arg::new("follow", Kind::Bool).default("false").help("Write to what a link at `dest` leads to."),
            Arg::new("newline_sequence", Kind::Str).default("\n").help("What ends a line."),
            Arg::new("block_start_string", Kind::Str).default("{%").help("Begins a statement."),
            Arg::new("block_end_string", Kind::Str).default("%}").help("Ends a statement."),
            Arg::new("variable_start_string", Kind::Str).default("{{").help("Begins an expression."),
            Arg::new("variable_end_string", Kind::Str).default("}}").help("Ends an expression."),
            Arg::new("comment_start_string", Kind::Str).default("{#").help("Begins a comment."),
            Arg::new("comment_end_string", Kind::Str).default("#}").help("Ends a comment."),
            Arg::new("trim_blocks", Kind::Bool).default("true").help("Drop the newline after a statement."),
            Arg::new("lstrip_blocks", Kind::Bool).default("false").help("Drop blanks before a statement."),
            Arg::new("output_encoding", Kind::Str).default("utf-8").help("The encoding of what is written."),
        ],
    )
};

/// The action.
pub(super) struct Template;

impl Action for Template {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let src = text(&args, "src").unwrap_or_default();
            let path = match search::find(&context, "templates", src) {
                Ok(path) => path,
                Err(e) => return Ok(Effect::refused(e)),
            };
            let options = match options(&args) {
                Ok(options) => options,
                Err(e) => return Ok(Effect::refused(e)),
            };
            let rendered = match render(&context, &args, &options, (src, &path)) {
                Ok(rendered) => rendered,
                Err(e) => return Ok(Effect::raised(e)),
            };
            copy::one_file(&context, &rendered.args, &rendered.content, Some(&rendered.name)).await
        })
    }
}

struct Rendered {
    args: Map,
    content: Content,
    name: String,
}

fn render(
    context: &Context<'_>,
    args: &Map,
    options: &FileOptions,
    (src, path): (&str, &Path),
) -> Result<Rendered> {
    let source = read_source(path)?;
    let span = Span { end: source.text().len(), source: Arc::clone(&source), start: 0, line: 1, column: 1 };
    let template = Text::source(source.text(), span);
    let above = template_vars(context, src, path, text(args, "dest").unwrap_or_default());
    let scope = Overlay::searching(context.scope, above, path.parent());
    let rendered = context.engine.render_file_with(&template, options, &scope)?;
    let mut copied = Map::new();
    let kept = ["dest", "backup", "force", "validate", "follow"];
    let attributes =
        ["mode", "owner", "group", "seuser", "serole", "selevel", "setype", "attributes", "unsafe_writes"];
    for name in kept.iter().chain(&attributes) {
        copied.insert(Key::from(*name), arg(args, name).clone());
    }
    if text(args, "mode") == Some("preserve") {
        let mode = path.metadata().map(|m| m.permissions().mode() & 0o7777).unwrap_or(0o644);
        copied.insert(Key::from("mode"), Value::data(format!("0{mode:03o}")));
    }
    let encoding = text(args, "output_encoding").filter(|name| !name.is_empty()).unwrap_or("utf-8");
    let encoding = Encoding::named(encoding).map_err(Error::input)?;
    let rendered = encoding.encode(&rendered).map_err(Error::input)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Rendered { args: copied, content: Content::Bytes(rendered.into()), name })
}

fn options(args: &Map) -> Result<FileOptions> {
    let given = |name: &str| text(args, name).unwrap_or_default().to_owned();
    let newline = match given("newline_sequence").as_str() {
        "\n" | "\\n" => "\n",
        "\r" | "\\r" => "\r",
        "\r\n" | "\\r\\n" => "\r\n",
        // The last of them is not told by Ansible, whose message ends with it.
        _ => return Err(Error::input("newline_sequence needs to be one of: \n, \r or")),
    };
    Ok(FileOptions {
        block_start_string: given("block_start_string"),
        block_end_string: given("block_end_string"),
        variable_start_string: given("variable_start_string"),
        variable_end_string: given("variable_end_string"),
        comment_start_string: given("comment_start_string"),
        comment_end_string: given("comment_end_string"),
        trim_blocks: flag(args, "trim_blocks"),
        lstrip_blocks: flag(args, "lstrip_blocks"),
        newline_sequence: newline.to_owned(),
        ..FileOptions::default()
    })
}

/// What the configuration says of files that come from templates: a template of its own, with the time of the file.
fn managed(context: &Context<'_>, modified: Option<jiff::Timestamp>) -> Value {
    let mut text = context.config.tasks.managed.clone();
    for (word, name) in [("{host}", "template_host"), ("{uid}", "template_uid"), ("{file}", "template_path")]
    {
        text = text.replace(word, &format!("{{{{ {name} }}}}"));
    }
    let zoned = modified.map(|t| t.to_zoned(jiff::tz::TimeZone::system()));
    let dated = zoned.and_then(|zoned| jiff::fmt::strtime::format(&text, &zoned).ok());
    Value::Text(Text::source(dated.unwrap_or(text), context.span.clone()))
}

/// The variables that templates have besides the task's.
fn template_vars(context: &Context<'_>, src: &str, path: &Path, dest: &str) -> Vars {
    let metadata = path.metadata().ok();
    let owner = metadata.as_ref().map(|m| {
        let user = nix::unistd::User::from_uid(m.uid().into()).ok().flatten();
        user.map_or_else(|| m.uid().to_string(), |u| u.name)
    });
    let time = |t: jiff::Timestamp| {
        let zoned = t.to_zoned(jiff::tz::TimeZone::system());
        Value::data(zoned.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())
    };
    let modified = metadata.and_then(|m| m.modified().ok()).and_then(|t| jiff::Timestamp::try_from(t).ok());
    let host = nix::unistd::gethostname().map(|h| h.to_string_lossy().into_owned()).unwrap_or_default();
    let mut vars = Vars::new();
    let mut put = |name: &str, value: Value| vars.insert(Arc::from(name), value);
    put("template_host", Value::data(host));
    put("template_path", Value::data(src));
    put("template_fullpath", Value::data(path.to_string_lossy()));
    put("template_destpath", Value::data(dest));
    put("template_uid", owner.map_or(Value::Null, Value::data));
    put("template_mtime", modified.map_or(Value::Null, time));
    put("template_run_date", time(jiff::Timestamp::now()));
    if context.scope.get("ansible_managed").is_none() {
        put("ansible_managed", managed(context, modified));
    }
    vars
}
