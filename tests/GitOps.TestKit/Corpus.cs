using System.Runtime.CompilerServices;
using Xunit;

namespace GitOps.TestKit;

/// <summary>
/// Real files of EdgeX and KubeEdge with what those systems say about them. They are not part of this repository: they lie
/// beside it in <c>../shared/corpus</c>, or where <c>GITOPS_CORPUS</c> says.
/// </summary>
public static class Corpus
{
    /// <summary>The folder; the test is skipped when it is not there.</summary>
    public static string Folder([CallerFilePath] string test = "")
    {
        var folder = Environment.GetEnvironmentVariable("GITOPS_CORPUS") ?? Path.Combine(Repository(test), "../shared/corpus");
        if (!Directory.Exists(folder))
        {
            Assert.Skip($"the corpus of EdgeX and KubeEdge files is not at {folder}; GITOPS_CORPUS names another place");
        }

        return folder;
    }

    private static string Repository(string file)
    {
        var folder = Path.GetDirectoryName(file);
        while (folder is not null && !File.Exists(Path.Combine(folder, "GitOps.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? "";
    }

    /// <summary>The rows of a table, without its header, each with as many cells as the header has.</summary>
    public static IReadOnlyList<string[]> Table(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder(), name));
        var columns = lines[0].Split('\t').Length;
        return [.. lines.Skip(1).Where(line => line.Length > 0).Select(line => line.Split('\t'))
            .Select(cells => cells.Concat(Enumerable.Repeat("", columns)).Take(columns).ToArray())];
    }
}
