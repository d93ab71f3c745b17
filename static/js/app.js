// Everything here only makes quicker what works without it.
import { startDialogs } from "./dialogs.js";
import { startFiles } from "./files.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startMenus } from "./menus.js";
import { startRows } from "./rows.js";
import { startSums } from "./sums.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toasts.js";

startMenus();
startDialogs();
startTheme();
startForms();
startRows();
startKeys();
startSums();
startFiles();
startToasts();
