using System.Runtime.CompilerServices;
using GitOps.Reconciler.Rendering;
using Scriban.Runtime;

namespace GitOps.Reconciler.Tests.Rendering;

public sealed class TemplatePageTests
{
    /// <summary>docs/templates.md lists the functions by hand, because it groups them; this keeps it honest.</summary>
    [Theory]
    [InlineData("string")]
    [InlineData("array")]
    [InlineData("math")]
    [InlineData("object")]
    public void The_page_lists_every_function(string group)
    {
        var functions = ((ScriptObject)Builtins.Create()[group]!).GetMembers().Order(StringComparer.Ordinal);
        var page = File.ReadAllText(Page()).ReplaceLineEndings(" ");
        Assert.Contains($"`{group}.` {string.Join(", ", functions)} ", page, StringComparison.Ordinal);
    }

    private static string Page([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "templates.md");
}
