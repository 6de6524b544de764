using GitOps.Platform.Processes;

namespace GitOps.TestKit.Containers;

/// <summary>The root of an image: BusyBox, and nothing else.</summary>
internal static class BusyboxRoot
{
    private static readonly string[] Applets =
        ["sh", "cat", "echo", "false", "hostname", "httpd", "id", "ls", "mkdir", "nc", "rm", "sleep", "sync", "test", "touch", "true", "wget"];

    /// <param name="mark">Tells images apart.</param>
    public static void Write(string root, string mark)
    {
        Directory.CreateDirectory($"{root}/bin");
        Directory.CreateDirectory($"{root}/tmp");
        File.Copy(ProgramPath.Find("busybox", null)!, $"{root}/bin/busybox", overwrite: true);
        foreach (var applet in Applets)
        {
            File.CreateSymbolicLink($"{root}/bin/{applet}", "busybox");
        }

        File.WriteAllText($"{root}/mark", mark);
    }
}
