import './styles/tabler.scss';
import './styles/tokens.css';
import './styles/shell.css';
import './styles/elements.css';
import './styles/pages.css';
import './styles/tables.css';
import './styles/print.css';
import 'htmx.org';
import { keyboard } from './behaviours/keyboard';
import { navigation } from './behaviours/navigation';
import { purpose } from './behaviours/purpose';
import { scope } from './behaviours/scope';
import { theme } from './behaviours/theme';

keyboard();
navigation();
purpose();
scope();
theme();
