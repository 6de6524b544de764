using GitOps.Reconciler.Guards;

namespace GitOps.Reconciler.Tests.Guards;

public sealed class PathGlobTests
{
    [Theory]
    [InlineData("sites/berlin/**", "sites/berlin/a.yaml", true)]
    [InlineData("sites/berlin/**", "sites/berlin/x/y/a.yaml", true)]
    [InlineData("sites/berlin/**", "sites/berlin", false)]
    [InlineData("sites/berlin/**", "sites/berlin-2/a.yaml", false)]
    [InlineData("sites/berlin", "sites/berlin/a.yaml", false)]
    [InlineData("sites/*/a.yaml", "sites/berlin/a.yaml", true)]
    [InlineData("sites/*/a.yaml", "sites/x/y/a.yaml", false)]
    [InlineData("**/a.yaml", "a.yaml", true)]
    [InlineData("**/a.yaml", "x/y/a.yaml", true)]
    [InlineData("x/**/y", "x/y", true)]
    [InlineData("x/**/y", "x/a/b/y", true)]
    [InlineData("x/**/y", "x/a/b/z", false)]
    [InlineData("*.yaml", "a.yaml", true)]
    [InlineData("*.yaml", "x/a.yaml", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("?.yaml", "a.yaml", true)]
    [InlineData("?.yaml", ".yaml", false)]
    [InlineData("**", "any/thing", true)]
    public void A_glob_is_what_it_says(string glob, string path, bool matches) => Assert.Equal(matches, PathGlob.Matches(glob, path));
}
