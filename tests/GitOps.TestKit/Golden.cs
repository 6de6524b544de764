using System.Runtime.CompilerServices;
using Xunit;

namespace GitOps.TestKit;

/// <summary>
/// Compares text that people read with a file in the <c>goldens</c> folder of the test project; <c>UPDATE_GOLDEN=1</c>
/// writes the file instead, for review as a diff.
/// </summary>
public static class Golden
{
    /// <summary>Fails with a line diff when the text differs from the file.</summary>
    public static void Verify(string relativePath, string text, [CallerFilePath] string testFile = "")
    {
        var path = Path.Combine(ProjectOf(testFile), "goldens", relativePath);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            return;
        }

        Assert.True(File.Exists(path), $"There is no golden {path}; UPDATE_GOLDEN=1 writes it. The text is:\n{text}");
        var expected = File.ReadAllText(path);
        Assert.True(
            expected == text,
            $"{path} differs (- golden, + now; UPDATE_GOLDEN=1 rewrites it):\n{TextDiff.Between(expected, text)}");
    }

    private static string ProjectOf(string testFile)
    {
        var directory = Path.GetDirectoryName(testFile);
        while (directory is not null && !Directory.EnumerateFiles(directory, "*.csproj").Any())
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"{testFile} does not lie in a project");
    }
}
